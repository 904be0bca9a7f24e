// Fills a store in memory with distinct keys and prints what the process has grown by. Run with jiti and --expose-gc.

import type { CacheStore } from '../../../src/cache/store/cache-store.ts';
import { createMemoryStore } from '../../../src/cache/store/memory/memory-store.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { memoryInUse } from '../../support/memory-in-use.ts';

export interface FillerReport {
  readonly grownBy: number;
  readonly bytes: number;
}

const MAX_BYTES = 16 * 1024 * 1024;

function fill(store: CacheStore, from: number, keys: number): void {
  const now = Date.now();
  const until = now + 3_600_000;
  for (let i = from; i < from + keys; i++) {
    store.put(`entity:products:Product:{"upc":"${i}"}:8f3a5c`, {
      parts: [Buffer.alloc(i % 50 === 0 ? 6_000 : 100 + (i % 400))],
      storedAt: now,
      freshUntil: until,
      revalidateUntil: until,
      errorUntil: until,
      costMs: 1,
      tags: ['type:Product', `entity:Product:{"upc":"${i}"}`],
      since: store.mark(),
    });
  }
}

function open(): CacheStore {
  const bounds = { maxBytes: MAX_BYTES, maxEntryBytes: MAX_BYTES };
  return createMemoryStore({ ...bounds, clock: systemClock, metrics: createMetrics() });
}

// What is compiled and made once is not the store's.
const first = open();
fill(first, 0, 20_000);
await first.close();
const store = open();
const before = await memoryInUse();
fill(store, 0, 50_000);
const report: FillerReport = { grownBy: (await memoryInUse()) - before, bytes: store.bytes };
console.log(JSON.stringify(report));
