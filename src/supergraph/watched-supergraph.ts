import type { SupergraphManager } from '@apollo/gateway';
import { type FileWatch, watchFiles } from '../shared/watch-files.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SupergraphReading, SupergraphSource } from './supergraph-source.ts';

interface WatchingOptions {
  readonly source: SupergraphSource;
  readonly logger: Logger;
  /** A reload came to nothing; the last good supergraph stays. */
  readonly onFailed: () => void;
  /** Replaced by tests that say themselves when a file has changed, and where files are not followed. */
  readonly watch?: (onChange: (changed: readonly string[]) => void) => FileWatch;
  /** False: what is to be read again after a time is not, unless asked for. */
  readonly polls?: boolean;
  /** How long after a reading the next may begin, ms: reloads have to end sometime. */
  readonly restMs?: number;
}

/**
 * A supergraph that follows its files, and whoever asks. A reading that fails leaves the one before in use and the files
 * watched; changes while one is being read lead to one more reading, however many they were.
 */
export class WatchedSupergraph implements SupergraphManager {
  readonly #options: WatchingOptions;
  /** Null: nothing has been read yet. */
  #files: FileWatch | null = null;
  #update: (sdl: string) => void = () => {};
  #served = '';
  /** Whoever asks before the first reading is over is answered by one more. */
  #pending: 'none' | 'running' | 'again' = 'running';
  #isAsked = false;
  /** What keeps it from being read; null: nothing does. */
  #failure: string | null = null;
  #poll: NodeJS.Timeout | undefined;
  #resting: { readonly timer: NodeJS.Timeout; readonly end: () => void } | null = null;
  #stopped = false;

  constructor(options: WatchingOptions) {
    this.#options = options;
  }

  async initialize({ update }: Parameters<SupergraphManager['initialize']>[0]) {
    const { source, watch = watchFiles } = this.#options;
    const reading = await source.read();
    const { files, outcome } = reading;
    if (outcome.kind === 'failed') throw outcome.error;
    this.#update = update;
    this.#served = outcome.sdl;
    this.#warn(outcome.warnings);
    this.#files = watch(changed => void this.#reload(changed));
    this.#files.follow(files);
    this.#pollAfter(reading);
    const isAskedAgain = this.#pending === 'again';
    this.#pending = 'none';
    // Apollo's gateway takes updates once it has what this returns.
    if (isAskedAgain) setImmediate(() => void this.#reload([]));
    return { supergraphSdl: outcome.sdl, cleanup: async () => this.stop() };
  }

  /** Reads everything again, though no file may have changed. */
  reload(): void {
    this.#isAsked = true;
    void this.#reload([]);
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Nothing is followed any more; what is served stays. */
  stop(): void {
    this.#stopped = true;
    this.#files?.close();
    clearTimeout(this.#poll);
    this.#resting?.end();
  }

  #pollAfter({ againAfterMs }: SupergraphReading): void {
    clearTimeout(this.#poll);
    if (againAfterMs === undefined || this.#options.polls === false || this.#stopped) return;
    this.#poll = setTimeout(() => void this.#reload([]), againAfterMs).unref();
  }

  async #reload(changed: readonly string[]): Promise<void> {
    if (this.#stopped) return;
    if (this.#pending !== 'none') {
      this.#pending = 'again';
      return;
    }
    do {
      this.#pending = 'running';
      const reading = await this.#options.source.read();
      if (this.#stopped) return;
      this.#files?.follow(reading.files);
      // Nothing may have come of asking again after a time, and then nothing has to end before the next reading.
      const isPoll = changed.length === 0 && !this.#isAsked;
      const isReplaced = this.#apply(reading, changed);
      if (isReplaced || !isPoll) await this.#rest();
      this.#pollAfter(reading);
    } while (this.#isToGoOn());
    this.#pending = 'none';
  }

  #isToGoOn(): boolean {
    return this.#pending === 'again' && !this.#stopped;
  }

  /** Whether another supergraph is served from now on. */
  #apply({ outcome }: SupergraphReading, changed: readonly string[]): boolean {
    const { logger, onFailed } = this.#options;
    const isAsked = this.#isAsked;
    const failedBefore = this.#failure;
    this.#isAsked = false;
    try {
      if (outcome.kind === 'failed') throw outcome.error;
      this.#failure = null;
      const isOther = outcome.sdl !== this.#served;
      if (isOther) {
        this.#update(outcome.sdl);
        this.#served = outcome.sdl;
        for (const hint of outcome.hints) logger.debug({ hint }, 'composition hint');
        this.#warn(outcome.warnings);
      } else if (failedBefore !== null) {
        logger.info({}, 'the supergraph can be used again; it is the one being served');
      } else if (isAsked) {
        logger.info({}, 'the supergraph was read again, and is as it was');
      }
      return isOther;
    } catch (error) {
      const problems = problemsOf(error);
      this.#failure = problems.join('\n');
      onFailed();
      // What is asked for again and again would be told as often.
      const isTold = changed.length === 0 && !isAsked && this.#failure === failedBefore;
      if (!isTold)
        logger.error(
          { changed, problems },
          'the supergraph was not reloaded; the last good one goes on being served',
        );
      return false;
    }
  }

  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) this.#options.logger.warn({}, warning);
  }

  async #rest(): Promise<void> {
    const { restMs = 0 } = this.#options;
    if (restMs === 0) return;
    await new Promise<void>(end => {
      this.#resting = { timer: setTimeout(end, restMs), end };
    });
    clearTimeout(this.#resting?.timer);
    this.#resting = null;
  }
}

/** Each problem as a text of its own, where an error knows several. */
function problemsOf(error: unknown): readonly string[] {
  const { problems, message } = error as Error & { problems?: readonly string[] };
  return problems ?? [message];
}
