import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { randomId } from '../../../src/shared/random-id.ts';
import { asked, masterOf, type RedisCluster, startRedisCluster } from '../../storage/redis-cluster.ts';
import type { RedisServer } from '../../storage/redis-server.ts';
import { entry } from './contract.ts';
import { PATIENCE, type RedisStoreUse, useRedisStore } from './use-stores.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster({ isReplicated: true });
});
afterAll(() => cluster[Symbol.asyncDispose]());

const has = async ({ store }: RedisStoreUse, key: string): Promise<boolean> =>
  (await store.get([key], { pastMemory: true, fleetOnly: true }))[0] !== undefined;

/** It goes on without its master, and takes over without having what that has got since. */
async function loseTouch(master: RedisServer, replica: RedisServer): Promise<void> {
  await asked(master, client => client.acl('SETUSER', 'default', '-psync', '-sync'));
  await asked(replica, client => client.client('KILL', 'TYPE', 'master'));
}

test('an invalidation that a replica has not got is made up for, whoever invalidates there first', async () => {
  const prefix = `test-${randomId()}`;
  const open = () => useRedisStore({ cluster: cluster.urls, prefix });
  await using a = await open();
  await using b = await open();
  const numbers = a.used.redis.key('cache', 'numbers');
  const at = await masterOf(cluster, numbers);
  const [master, replica] = [cluster.nodes[at] as RedisServer, cluster.replicas[at] as RedisServer];
  for (const key of ['k', 'l']) a.store.put(key, entry(a, { tags: [key] }));
  await vi.waitFor(
    async () => expect([await has(b, 'k'), await has(b, 'l')]).toEqual([true, true]),
    PATIENCE,
  );
  await loseTouch(master, replica);
  // B does not hear of it, and is the first to tell the new master something.
  const deaf = vi.spyOn(b.used.redis, 'write').mockRejectedValue(new Error('it cannot ask'));
  await a.store.invalidate(['k']);
  const known = a.store.mark();
  const silent = vi.spyOn(a.used.redis, 'write').mockRejectedValue(new Error('it cannot ask'));
  await master.kill();
  await asked(replica, client => client.call('CLUSTER', 'FAILOVER', 'TAKEOVER'));
  deaf.mockRestore();
  await vi.waitFor(() => b.store.invalidate(['x']), PATIENCE);
  silent.mockRestore();
  const number = async () => Number(await asked(replica, client => client.zscore(numbers, 'seq')));
  expect(await number()).toBeGreaterThan(known);
  await using c = await open();
  // What is there and valid is found, so what is not found is not valid.
  const found = async (use: RedisStoreUse) => {
    use.store.put('new', entry(use, { tags: ['new'] }));
    return [await has(use, 'new'), await has(use, 'k')];
  };
  const isGivenUp = async () =>
    expect(await Promise.all([a, b, c].map(found))).toEqual([
      [true, false],
      [true, false],
      [true, false],
    ]);
  await vi.waitFor(isGivenUp, { timeout: 3_000, interval: 20 });
});
