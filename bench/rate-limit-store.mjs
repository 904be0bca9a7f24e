// What taking from three buckets costs: `npm run build && node bench/rate-limit-store.mjs [redis://…]`.
import { planBucket } from '../dist/src/policy/rate-limit/bucket.js';
import { createMemoryStore } from '../dist/src/policy/rate-limit/stores/memory-store.js';
import { createRedisStore } from '../dist/src/policy/rate-limit/stores/redis-store.js';
import { systemClock } from '../dist/src/shared/clock.js';
import { connectRedis } from '../dist/src/storage/redis.js';

const OWNERS = 10_000;
const METHODS = [
  ['token-bucket', 0],
  ['leaky-bucket', 0],
  ['sliding-window', 1_000],
  ['sliding-window', 0],
  ['fixed-window', 0],
];

const url = process.argv[2];
for (const [algorithm, exactLogUpTo] of METHODS) {
  const plans = ['subject', 'tenant', 'field'].map(id =>
    planBucket({ id, algorithm, limit: 1_000, windowMs: 60_000, burst: null }, exactLogUpTo),
  );
  const bucketsOf = n =>
    plans.map((plan, i) => ({ plan, owner: `${i}-${n % OWNERS}`, units: 1, part: null }));
  const all = Array.from({ length: OWNERS }, (_, n) => bucketsOf(n));
  const store = createMemoryStore({ clock: systemClock });
  const perTake = cpuMicroseconds(500_000, n => store.takeNow(all[n % OWNERS]));
  console.log(`memory, ${plans[0].method}: ${perTake.toFixed(2)} µs of processor a take of three buckets`);
  if (url !== undefined) await measureRedis(url, all, plans[0].method);
}

async function measureRedis(url, all, method) {
  const logger = { debug() {}, info() {}, warn() {}, error: console.error };
  const redis = connectRedis({ url, prefix: `bench-${process.pid}`, readTimeout: 5_000 }, { logger });
  await redis.ready(5_000);
  const store = createRedisStore(redis);
  const one = await microseconds(3_000, n => store.take(all[n % OWNERS]));
  const many = await microseconds(400, n =>
    Promise.all(Array.from({ length: 50 }, (_, i) => store.take(all[(n * 50 + i) % OWNERS]))),
  );
  console.log(
    `redis, ${method}: ${one.toFixed(0)} µs one by one, ${(many / 50).toFixed(1)} µs fifty at once`,
  );
  await redis.close();
}

/** Of a clock that stands where the machine does other things. */
function cpuMicroseconds(times, work) {
  for (let n = 0; n < times / 5; n++) work(n);
  const began = process.cpuUsage();
  for (let n = 0; n < times; n++) work(n);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / times;
}

async function microseconds(times, work) {
  for (let n = 0; n < times / 5; n++) await work(n);
  const began = performance.now();
  for (let n = 0; n < times; n++) await work(n);
  return ((performance.now() - began) * 1_000) / times;
}
