import type { Clock } from '../../shared/clock.ts';
import type { RedisStorage } from '../../storage/redis.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

export interface CacheStoreOptions {
  /** Bound on what memory takes up, with what keeping it costs. */
  readonly maxBytes: number;
  /** A larger entry is kept nowhere. */
  readonly maxEntryBytes: number;
  /** Null: memory of this process only. */
  readonly redis: RedisStorage | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What nobody would serve any more; longer times are cut to it. Invalidations are remembered for longer. */
export const MAX_LIFETIME_MS = 7 * 24 * 60 * 60_000;
