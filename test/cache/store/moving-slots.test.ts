import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { asked, masterOf, type RedisCluster, startRedisCluster } from '../../storage/redis-cluster.ts';
import type { RedisServer } from '../../storage/redis-server.ts';
import { entry } from './contract.ts';
import { PATIENCE, useRedisStore } from './use-stores.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const KEYS = Array.from({ length: 40 }, (_, i) => `k${i}`);

interface Move {
  readonly slot: number;
  readonly from: RedisServer;
  readonly to: RedisServer;
}

/** In the steps that `redis-cli --cluster reshard` takes, many slots at once. */
async function move(moves: readonly Move[], between: () => Promise<void>): Promise<void> {
  const idOf = (node: RedisServer) => asked(node, client => client.cluster('MYID'));
  for (const { slot, from, to } of moves) {
    const [source, target] = [await idOf(from), await idOf(to)];
    await asked(to, client => client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source));
    await asked(from, client => client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target));
  }
  await between();
  for (const { slot, from, to } of moves) await asked(from, client => migrate(client, slot, to));
  await between();
  for (const { slot, to } of moves) {
    const target = await idOf(to);
    for (const node of [to, ...cluster.nodes])
      await asked(node, client => client.call('CLUSTER', 'SETSLOT', slot, 'NODE', target));
  }
  await between();
}

async function migrate(client: Redis, slot: number, { port }: RedisServer): Promise<void> {
  const keys = (await client.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[];
  if (keys.length > 0) await client.migrate('127.0.0.1', port, '', 0, 5_000, 'KEYS', ...keys);
}

/** The slots of these, away from the master that has the first of them to another. */
async function movesOf(names: readonly string[]): Promise<readonly Move[]> {
  const at = await masterOf(cluster, names[0] as string);
  const [from, to] = [cluster.nodes[at] as RedisServer, cluster.nodes[(at + 1) % 3] as RedisServer];
  const slots = new Set<number>();
  for (const name of names) {
    if ((await masterOf(cluster, name)) !== at) continue;
    slots.add(await asked(from, client => client.cluster('KEYSLOT', name)));
  }
  return [...slots].map(slot => ({ slot, from, to }));
}

test('what is in slots that move is found on its way, and kept, claimed and forgotten', async () => {
  await using a = await useRedisStore({ cluster: cluster.urls });
  const { redis } = a.used;
  const put = (keys: readonly string[]): void => {
    for (const key of keys) a.store.put(key, entry(a, { tags: [key] }));
  };
  const found = async () => {
    const all = await a.store.get(KEYS, { pastMemory: true, fleetOnly: true });
    return all.map(one => one !== undefined);
  };
  const terms = { until: 'fresh', after: a.now(), leaseMs: 60_000 } as const;
  const names = KEYS.map(key => redis.key(`cache/${key}`, 'entry'));
  const moves = await movesOf([redis.key('cache', 'numbers'), ...names]);
  expect(moves.length).toBeGreaterThan(5);
  put(KEYS);
  await vi.waitFor(async () => expect(await found()).not.toContain(false), PATIENCE);
  let count = 0;
  await move(moves, async () => {
    expect(await found()).not.toContain(false);
    await a.store.invalidate(KEYS);
    expect(await found()).not.toContain(true);
    count++;
    const needed = KEYS.map(key => ({ key: `${key}/${count}`, storedAfter: 0 }));
    expect((await a.store.claim(needed, terms)).filter(({ lease }) => lease === null)).toEqual([]);
    put(KEYS);
    await vi.waitFor(async () => expect(await found()).not.toContain(false), PATIENCE);
  });
  expect(count).toBe(3);
  expect([await a.count('reads_total', 'unavailable'), await a.count('writes_total', 'failed')]).toEqual([
    0, 0,
  ]);
  expect(a.used.lines.map(({ message }) => message)).toEqual(['Redis is ready']);
});
