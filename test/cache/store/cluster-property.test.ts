import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomId } from '../../../src/shared/random-id.ts';
import { createRandom } from '../../../subgraphs/shared/random.ts';
import { type RedisCluster, startRedisCluster } from '../../storage/redis-cluster.ts';
import { type RedisStoreUse, useRedisStore } from './use-stores.ts';
import { Watch } from './watch.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const KEYS = Array.from({ length: 8 }, (_, i) => `k${i}`);
const STEPS = 500;
/** Going on at the same time. */
const MOST = 12;
const SEEDS = [1, 2, Math.floor(Math.random() * 1e9)];

interface Run {
  readonly watch: Watch;
  readonly stores: readonly RedisStoreUse[];
  readonly random: () => number;
}

/** Something that a gateway does, by chance. */
async function step({ watch, stores, random }: Run): Promise<void> {
  const one = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const some = (): string[] => KEYS.filter(() => random() < 0.5);
  const [by, key, what] = [one(stores), one(KEYS), random()];
  if (what < 0.4) return watch.read(by, [key, ...some()], true);
  if (what < 0.5) return watch.read(by, [key], false);
  if (what < 0.65) return void (await watch.claim(by, key));
  if (what < 0.8) {
    const made = watch.make(by, key);
    await sleep(random() * 5);
    by.store.put(key, made);
    return;
  }
  if (what < 0.99) {
    // Now and then more than the next who asks is told of at once.
    const further = Array.from({ length: random() < 0.05 ? 400 : 0 }, (_, i) => `${random()}-${i}`);
    return watch.change(by, key, further);
  }
  const { client, key: nameOf } = by.used.redis;
  await client.del(nameOf('cache', 'numbers'));
}

test.each(SEEDS)('what was invalidated before it was asked for is never given: seed %i', async seed => {
  const random = createRandom(seed);
  const prefix = `test-${randomId()}`;
  const open = () => useRedisStore({ cluster: cluster.urls, prefix });
  await using a = await open();
  await using b = await open();
  await using c = await open();
  const run: Run = { watch: new Watch(KEYS, 20), stores: [a, b, c], random };
  const going = new Set<Promise<void>>();
  for (let i = 0; i < STEPS; i++) {
    const one: Promise<void> = step(run).finally(() => going.delete(one));
    going.add(one);
    if (going.size >= MOST) await Promise.race(going);
  }
  await Promise.all(going);
  // Somebody who knows nothing yet.
  await using late = await open();
  for (const isOfFleet of [true, false]) await run.watch.read(late, KEYS, isOfFleet);
  expect(run.watch.wrong).toEqual([]);
  expect(run.watch.given).toBeGreaterThan(STEPS / 10);
});
