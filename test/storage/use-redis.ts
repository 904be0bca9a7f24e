import { Redis } from 'ioredis';
import { randomId } from '../../src/shared/random-id.ts';
import { connectRedis, type RedisStorage } from '../../src/storage/redis.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { type LogLine, recordingLogger } from '../support/recording-logger.ts';
import { REDIS_URL } from './redis-proxy.ts';
import type { SentinelPlace } from './redis-sentinel.ts';

export interface RedisUse {
  readonly url?: string;
  /** Nodes of a cluster, instead; what is left in it goes with it. */
  readonly cluster?: readonly string[];
  /** A master that sentinels tell of, instead; the same. */
  readonly sentinel?: SentinelPlace;
  readonly readTimeout?: number;
  /** Shared with another connection; otherwise keys are of this one alone. */
  readonly prefix?: string;
  /** Whether commands can be sent when this returns. */
  readonly ready?: boolean;
  readonly elapsed?: () => number;
}

export interface UsedRedis extends AsyncDisposable {
  readonly redis: RedisStorage;
  /** What it was opened with, for whoever is on top of it. */
  readonly logger: Logger;
  readonly lines: readonly LogLine[];
  readonly metrics: Metrics;
}

const PATIENCE_MS = 10_000;

/** A connection with keys of its own, which are gone afterwards. */
export async function useRedis(use: RedisUse = {}): Promise<UsedRedis> {
  const { cluster, sentinel, readTimeout = PATIENCE_MS, ready = true, elapsed } = use;
  const { logger, lines } = recordingLogger();
  const metrics = createMetrics();
  const prefix = use.prefix ?? `test-${randomId()}`;
  const clock = { now: () => Date.now(), elapsed: elapsed ?? (() => performance.now()) };
  const where = placeOf(use);
  const redis = connectRedis({ ...where, prefix, readTimeout }, { logger, metrics, clock });
  if (ready) await redis.ready(PATIENCE_MS);
  return {
    redis,
    logger,
    lines,
    metrics,
    async [Symbol.asyncDispose]() {
      await redis.close();
      if (cluster !== undefined || sentinel !== undefined) return;
      // By a way of its own, as the one that was tested may be cut.
      const broom = new Redis(REDIS_URL);
      const keys = await broom.keys(`${prefix}:*`);
      if (keys.length > 0) await broom.del(...keys);
      await broom.quit();
    },
  };
}

function placeOf({ url = REDIS_URL, cluster, sentinel }: RedisUse) {
  if (sentinel !== undefined) return { sentinel };
  return cluster === undefined ? { url } : { cluster: [...cluster] };
}
