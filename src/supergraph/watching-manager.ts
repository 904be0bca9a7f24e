import type { SupergraphManager } from '@apollo/gateway';
import { type FileWatch, watchFiles } from '../shared/watch-files.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SupergraphReading, SupergraphSource } from './supergraph-source.ts';

interface WatchingOptions {
  readonly source: SupergraphSource;
  readonly logger: Logger;
  /** A reload came to nothing; the last good supergraph stays. */
  readonly onFailed: () => void;
  /** Replaced by tests that say themselves when a file has changed. */
  readonly watch?: (onChange: (changed: readonly string[]) => void) => FileWatch;
}

/**
 * A supergraph that follows its files. A reading that fails leaves the one before in use and the files
 * watched; changes while one is being read lead to one more reading, however many they were.
 */
export function watchingSupergraph(options: WatchingOptions): SupergraphManager {
  const { source, logger, onFailed, watch = watchFiles } = options;
  return {
    async initialize({ update }) {
      const first = await source.read();
      if (first.outcome.kind === 'failed') throw first.outcome.error;
      let served = first.outcome.sdl;
      let pending: 'none' | 'running' | 'again' = 'none';
      let closed = false;

      let failing = false;

      const apply = ({ outcome }: SupergraphReading): void => {
        if (outcome.kind === 'failed') throw outcome.error;
        if (outcome.sdl === served) {
          if (failing) logger.info({}, 'the supergraph composes again; it is the one being served');
          return;
        }
        update(outcome.sdl);
        served = outcome.sdl;
        for (const hint of outcome.hints) logger.debug({ hint }, 'composition hint');
      };
      const reload = async (changed: readonly string[]): Promise<void> => {
        if (pending !== 'none') {
          pending = 'again';
          return;
        }
        do {
          pending = 'running';
          const reading = await source.read();
          if (closed) return;
          files.follow(reading.files);
          try {
            apply(reading);
            failing = false;
          } catch (error) {
            failing = true;
            onFailed();
            logger.error(
              { changed, problems: problemsOf(error) },
              'the supergraph was not reloaded; the last good one goes on being served',
            );
          }
        } while (isAgain());
        pending = 'none';
      };
      const isAgain = (): boolean => pending === 'again';

      const files = watch(changed => void reload(changed));
      files.follow(first.files);
      return {
        supergraphSdl: served,
        cleanup: async () => {
          closed = true;
          files.close();
        },
      };
    },
  };
}

/** Each problem as a text of its own, where an error knows several. */
function problemsOf(error: unknown): readonly string[] {
  const { problems, message } = error as Error & { problems?: readonly string[] };
  return problems ?? [message];
}
