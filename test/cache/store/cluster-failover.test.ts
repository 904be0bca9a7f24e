import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { randomId } from '../../../src/shared/random-id.ts';
import { masterOf, type RedisCluster, startRedisCluster } from '../../storage/redis-cluster.ts';
import { entry } from './contract.ts';
import { PATIENCE, type RedisStoreUse, useRedisStore } from './use-stores.ts';
import { MOMENT_MS, Watch } from './watch.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster({ isReplicated: true });
});
afterAll(() => cluster[Symbol.asyncDispose]());

const KEYS = Array.from({ length: 24 }, (_, i) => `k${i}`);
const READ_TIMEOUT_MS = 150;
const LEASE_MS = 1_000;

/** Until it is told to stop, whatever comes of it. */
async function load(watch: Watch, by: RedisStoreUse, isOver: () => boolean): Promise<void> {
  const any = (): string => KEYS[Math.floor(Math.random() * KEYS.length)] as string;
  while (!isOver()) {
    const what = Math.random();
    if (what < 0.3) await watch.read(by, [any(), any(), any()], true);
    else if (what < 0.5) await watch.read(by, [any(), any(), any()], false);
    else if (what < 0.9) await watch.claim(by, any());
    else await watch.change(by, any());
    await sleep(1);
  }
}

/** All that one puts the others find, on all nodes. */
async function untilBack(stores: readonly RedisStoreUse[]): Promise<void> {
  for (const [i, by] of stores.entries()) {
    const other = stores[(i + 1) % stores.length] as RedisStoreUse;
    await vi.waitFor(async () => {
      const keys = KEYS.map(key => `${key}/${i}`);
      for (const key of keys) by.store.put(key, entry(by));
      await sleep(20);
      const found = await other.store.get(keys, { pastMemory: true, fleetOnly: true });
      expect(found).not.toContain(undefined);
    }, PATIENCE);
  }
}

test('masters that die under load cost misses, and nothing that was invalidated is served for it', async () => {
  const prefix = `test-${randomId()}`;
  const open = () => useRedisStore({ cluster: cluster.urls, prefix, readTimeout: READ_TIMEOUT_MS });
  await using a = await open();
  await using b = await open();
  await using c = await open();
  const stores = [a, b, c];
  const watch = new Watch(KEYS, LEASE_MS);
  let isOver = false;
  const loads = [...stores, ...stores].map(use => load(watch, use, () => isOver));
  try {
    await untilBack(stores);
    const numbers = await masterOf(cluster, a.used.redis.key('cache', 'numbers'));
    for (const at of [numbers, (numbers + 1) % cluster.nodes.length]) {
      const given = watch.given;
      watch.killed();
      await cluster.nodes[at]?.kill();
      await untilBack(stores);
      expect(watch.given).toBeGreaterThan(given);
    }
    // Those who died, or could not give leases back, hold nobody up.
    const isFree = async (key: string) => expect(await watch.claim(a, key)).toBe(true);
    const soon = { timeout: LEASE_MS + MOMENT_MS, interval: 20 };
    await Promise.all(KEYS.map(key => vi.waitFor(() => isFree(key), soon)));
  } finally {
    isOver = true;
    await Promise.all(loads);
  }
  expect(watch.wrong).toEqual([]);
  expect(watch.slowestMs).toBeLessThan(READ_TIMEOUT_MS + MOMENT_MS);
});
