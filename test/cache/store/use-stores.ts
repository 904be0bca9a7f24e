import { expect, vi } from 'vitest';
import type { CacheStore } from '../../../src/cache/store/cache-store.ts';
import { createMemoryStore } from '../../../src/cache/store/memory/memory-store.ts';
import { openCacheStore } from '../../../src/cache/store/open-cache-store.ts';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts';
import { type RedisUse, type UsedRedis, useRedis } from '../../storage/use-redis.ts';
import type { UsedStore } from './contract.ts';

export const PATIENCE = { timeout: 10_000, interval: 5 };
export const BOUNDS = { maxBytes: 4 * 1024 * 1024, maxEntryBytes: 1024 * 1024 };

export interface MemoryUse extends UsedStore {
  readonly store: CacheStore;
  readonly metrics: Metrics;
}

export async function useMemoryStore(bounds = BOUNDS): Promise<MemoryUse> {
  let now = 1_700_000_000_000;
  const metrics = createMetrics();
  const clock = { now: () => now, elapsed: () => now };
  const store = createMemoryStore({ ...bounds, clock, metrics });
  return {
    store,
    metrics,
    now: () => now,
    pass(ms) {
      now += ms;
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
}

export interface RedisStoreUse extends UsedStore {
  readonly used: UsedRedis;
  readonly metrics: Metrics;
  /** The value of a metric of the cache with a label; 0 when there is none. */
  count(metric: string, label: string): Promise<number>;
}

/** Wall time is moved by hand; the rest is real. */
export async function useRedisStore(
  use: RedisUse & { readonly isCurrent?: boolean } = {},
): Promise<RedisStoreUse> {
  let ahead = 0;
  const used = await useRedis(use);
  const began = Date.now();
  const now = (): number => began + ahead;
  const { redis, metrics, logger } = used;
  const clock = { now, elapsed: use.elapsed ?? (() => performance.now()) };
  const store = await openCacheStore({ ...BOUNDS, redis, clock, logger, metrics });
  if (use.isCurrent !== false) await vi.waitFor(() => expect(store.mark()).toBeGreaterThan(0), PATIENCE);
  return {
    store,
    used,
    metrics,
    now,
    pass(ms) {
      ahead += ms;
    },
    async count(metric, label) {
      const text = await metrics.registry.metrics();
      const line = text
        .split('\n')
        .find(one => one.startsWith(`weir_cache_store_${metric}{`) && one.includes(`"${label}"`));
      return Number(line?.split(' ').at(-1) ?? 0);
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await used[Symbol.asyncDispose]();
    },
  };
}
