import { toldOf } from '../config/parse.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { GenerationFeed } from '../supergraph/generation-feed.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { GatewayOptions } from './options.ts';

type PublishOptions = Pick<GatewayOptions, 'metrics' | 'logger' | 'clock' | 'source'>;

/** Publishes generations one after the other; of those that come while one is loaded, the last. */
export interface Publisher {
  publish(load: () => Promise<LiveGeneration>): void;
  /** Resolves when all that was given so far is served, or has failed. */
  settled(): Promise<void>;
}

export function createPublisher(feed: GenerationFeed<LiveGeneration>, options: PublishOptions): Publisher {
  let work = Promise.resolve();
  let waiting: (() => Promise<LiveGeneration>) | null = null;
  return {
    publish(load) {
      waiting = load;
      work = work.then(async () => {
        const next = waiting;
        waiting = null;
        if (next !== null) await publishNext(feed, next, options);
      });
    },
    settled: () => work,
  };
}

/** Serves the next generation, or goes on with the last good one and says why. */
async function publishNext(
  feed: GenerationFeed<LiveGeneration>,
  load: () => Promise<LiveGeneration>,
  { metrics, logger, clock, source }: PublishOptions,
): Promise<void> {
  const isFirst = !feed.isLoaded;
  try {
    const next = await load();
    feed.publish(next);
    const { id, facts }: Generation = next.generation;
    metrics.generation(id, clock.now() / 1_000);
    metrics.reload('ok');
    logger.info({ generation: id, subgraphs: [...facts.urls.keys()] }, 'supergraph loaded');
  } catch (error) {
    feed.failed(error);
    metrics.reload('failed');
    // The first failure ends the start, which tells about it.
    if (!isFirst)
      logger.error(
        { err: toldOf(error, source) },
        'the new supergraph cannot be served; the last good one stays',
      );
  }
}
