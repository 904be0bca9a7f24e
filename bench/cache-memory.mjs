/**
 * Does the cache keep to its bound? `node --expose-gc bench/cache-memory.mjs
 * [--keys 1000000] [--max-mib 256] [--bytes 300]` puts so many distinct keys into a store in memory and prints what
 * the process has grown by beside what the store says that it takes up. Values are of the size given, on average.
 * Exit code 1 if they differ by more than a tenth, or the bound is exceeded by that.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createMemoryStore } from '../dist/src/cache/store/memory/memory-store.js';
import { systemClock } from '../dist/src/shared/clock.js';
import { createMetrics } from '../dist/src/telemetry/metrics.js';

const MIB = 1024 * 1024;
const READINGS = 4;
const TOLERANCE = 0.1;

const { values: options } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000000' },
    'max-mib': { type: 'string', default: '256' },
    bytes: { type: 'string', default: '300' },
  },
});

/** What lives, after everything else is gone: buffers are freed in a turn of their own. */
async function settle() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await sleep(20);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, rss };
}

async function main() {
  const keys = Number(options.keys);
  const maxBytes = Number(options['max-mib']) * MIB;
  const bytes = Number(options.bytes);
  const store = createMemoryStore({
    maxBytes,
    maxEntryBytes: MIB,
    clock: systemClock,
    metrics: createMetrics(),
  });
  const put = i => {
    const until = Date.now() + 3_600_000;
    store.put(`entity:products:Product:{"upc":"${i}"}:8f3a5c`, {
      parts: [Buffer.alloc(Math.round(bytes * (0.5 + (Math.abs(i) % 101) / 100)), 'x')],
      storedAt: Date.now(),
      freshUntil: until,
      revalidateUntil: until,
      errorUntil: until,
      costMs: 1,
      tags: ['all', 'subgraph:products', 'type:Product', `entity:Product:{"upc":"${i}"}`],
      since: store.mark(),
    });
    // Some are read again, so that both queues are in use.
    if (i % 3 === 0) store.peek(`entity:products:Product:{"upc":"${i - 50}"}:8f3a5c`);
  };
  // What is compiled and made once is not the cache's.
  for (let i = -20_000; i < 0; i++) put(i);
  await store.invalidate(['all']);
  for (let i = -20_000; i < 0; i++) store.peek(`entity:products:Product:{"upc":"${i}"}:8f3a5c`);
  const [before, held] = [await settle(), store.bytes];
  let worst = 0;
  for (let reading = 1; reading <= READINGS; reading++) {
    const from = Math.round((keys * (reading - 1)) / READINGS);
    const began = performance.now();
    for (let i = from; i < Math.round((keys * reading) / READINGS); i++) {
      put(i);
      if (i % 1_000 === 0) await new Promise(setImmediate);
    }
    const us = ((performance.now() - began) * 1_000) / (keys / READINGS);
    const after = await settle();
    const [used, said] = [after.used - before.used + held, store.bytes];
    worst = Math.max(worst, Math.abs(used / said - 1), Math.max(0, used / maxBytes - 1));
    const mib = n => (n / MIB).toFixed(1);
    console.log(
      `${Math.round((keys * reading) / READINGS)} keys: the store says ${mib(said)} MiB, heap and buffers have grown by ` +
        `${mib(used)} MiB (${((used / said - 1) * 100).toFixed(1)} % off), resident memory by ` +
        `${mib(after.rss - before.rss)} MiB; bound ${mib(maxBytes)} MiB; ${us.toFixed(2)} us a put`,
    );
  }
  await store.close();
  if (worst > TOLERANCE) process.exitCode = 1;
}

await main();
