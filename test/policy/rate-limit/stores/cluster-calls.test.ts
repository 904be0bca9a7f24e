import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Bucket, type BucketName, planBucket } from '../../../../src/policy/rate-limit/bucket.ts';
import { bucketKeys } from '../../../../src/policy/rate-limit/stores/redis-key.ts';
import { createRedisStore } from '../../../../src/policy/rate-limit/stores/redis-store.ts';
import type { RedisStorage } from '../../../../src/storage/redis.ts';
import { type RedisCluster, startRedisCluster } from '../../../storage/redis-cluster.ts';
import { useRedis } from '../../../storage/use-redis.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const planOf = (id: string, limit: number) =>
  planBucket({ id, algorithm: 'fixed-window', limit, windowMs: 86_400_000, burst: null });
const of = (id: string, limit: number, owner: string): Bucket => ({
  plan: planOf(id, limit),
  owner,
  units: 1,
  part: null,
});

async function useCluster() {
  const used = await useRedis({ cluster: cluster.urls, readTimeout: 5_000 });
  const store = createRedisStore(used.redis);
  // Nodes learn the script, and the client the nodes.
  await Promise.all(Array.from({ length: 40 }, (_, i) => store.take([of('warm', 10, `u-${i}`)])));
  return { ...used, store, [Symbol.asyncDispose]: () => used[Symbol.asyncDispose]() };
}

/** Owners of the script calls that are sent from now on. */
function ownersOfCalls({ client }: RedisStorage): () => readonly unknown[] {
  const sent = vi.spyOn(client, 'sendCommand');
  return () =>
    sent.mock.calls.flatMap(([{ name, args }]) =>
      name === 'evalsha' ? [/\{limit\/(.*)\}/.exec(String(args[2]))?.[1]] : [],
    );
}

test('takes that come at once are one call for each owner, and each has its own answer', async () => {
  await using used = await useCluster();
  const takes = Array.from({ length: 10 }, (_, i) => [of('all', 6, 'everybody'), of('own', 5, `u-${i % 3}`)]);
  const owners = ownersOfCalls(used.redis);
  const results = await Promise.all(takes.map(take => used.store.take(take)));
  expect(results.map(({ isTaken }) => isTaken)).toEqual([...Array(6).fill(true), ...Array(4).fill(false)]);
  const sent = owners();
  expect(sent.slice(0, 4).sort()).toEqual(['everybody', 'u-0', 'u-1', 'u-2']);
  // What the last four took of their own is given back.
  expect(sent.length).toBeLessThanOrEqual(4 + 4);
  const left = await used.store.read([0, 1, 2].map(i => of('own', 5, `u-${i}`)));
  expect(left.map(({ remaining }) => remaining)).toEqual([3, 3, 3]);
  expect(await used.store.read([of('all', 6, 'everybody')])).toMatchObject([{ remaining: 0 }]);
});

test('parts of operations that are left out for one owner are given back to the others', async () => {
  await using used = await useCluster();
  const takeOf = (i: number): readonly Bucket[] => [
    { ...of('field', 2, 'shop'), part: 'a' },
    { ...of('mine', 9, `u-${i}`), part: 'a' },
    of('whole', 9, 'shop'),
  ];
  const owners = ownersOfCalls(used.redis);
  const results = await Promise.all([0, 1, 0, 1].map(i => used.store.take(takeOf(i))));
  expect(owners().slice(0, 3).sort()).toEqual(['shop', 'u-0', 'u-1']);
  expect(results.every(({ isTaken }) => isTaken)).toBe(true);
  const taken = results.map(({ states }) => states.map(({ isTaken }) => isTaken));
  const [all, none] = [
    [true, true, true],
    [false, false, true],
  ];
  expect(taken).toEqual([all, all, none, none]);
  const asked = [of('field', 2, 'shop'), of('whole', 9, 'shop'), of('mine', 9, 'u-0'), of('mine', 9, 'u-1')];
  expect((await used.store.read(asked)).map(({ remaining }) => remaining)).toEqual([0, 5, 8, 8]);
});

test('what one take cannot be counted with fails that one alone, and is given back elsewhere', async () => {
  await using used = await useCluster();
  const keyOf = (bucket: BucketName): string => bucketKeys(used.redis)(bucket);
  const [good, bad, other] = [of('good', 9, 'shop'), of('bad', 9, 'shop'), of('good', 9, 'u-1')];
  await used.redis.client.set(keyOf(bad), 'foreign');
  const [taken, failed] = await Promise.allSettled([
    used.store.take([good, other]),
    used.store.take([bad, other]),
  ]);
  expect(taken).toMatchObject({ status: 'fulfilled', value: { isTaken: true } });
  expect(failed).toMatchObject({ status: 'rejected', reason: { name: 'ForeignBucketError' } });
  await vi.waitFor(async () =>
    expect((await used.store.read([good, other])).map(({ remaining }) => remaining)).toEqual([8, 8]),
  );
});
