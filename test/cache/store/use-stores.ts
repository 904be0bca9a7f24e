import type { CacheStore } from '../../../src/cache/store/cache-store.ts';
import { createMemoryStore } from '../../../src/cache/store/memory/memory-store.ts';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts';
import type { UsedStore } from './contract.ts';

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
