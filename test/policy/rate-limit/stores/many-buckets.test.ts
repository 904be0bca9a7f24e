import { describe, expect, test, vi } from 'vitest';
import { type Bucket, planBucket } from '../../../../src/policy/rate-limit/bucket.ts';
import { writeSettlements, writeTakes } from '../../../../src/policy/rate-limit/stores/redis-calls.ts';
import { createRedisStore } from '../../../../src/policy/rate-limit/stores/redis-store.ts';
import type { RedisClient } from '../../../../src/storage/redis.ts';
import { startRedisProxy } from '../../../storage/redis-proxy.ts';
import { useRedis } from '../../../storage/use-redis.ts';
import { startOwnTime } from '../../../support/own-time.ts';
import { PATIENCE } from '../../../support/patience.ts';

/** A limit by argument has as many buckets as a client writes values. */
const plan = planBucket({
  id: 'login',
  algorithm: 'sliding-window',
  limit: 5,
  windowMs: 86_400_000,
  burst: null,
});
const values = (count: number, from = 0): readonly Bucket[] =>
  Array.from({ length: count }, (_, i) => ({ plan, owner: `v-${from + i}`, units: 1, part: null }));

/** How many keys each script call names, in the order in which they were sent. */
function keysOfCalls(client: RedisClient): () => readonly number[] {
  const sent = vi.spyOn(client, 'sendCommand');
  return () =>
    sent.mock.calls.flatMap(([command]) => {
      return command.name === 'evalsha' ? [Number(command.args[1])] : [];
    });
}

test('a call is of few buckets, however many takes and settlements come at once, but for one that needs more', async () => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis);
  await store.settle((await store.take(values(1))).states.map(({ at }) => settlement(at)));
  const keys = keysOfCalls(used.redis.client);
  const takes = Array.from({ length: 10 }, (_, i) => store.take(values(30, i * 30)));
  const all = await Promise.all([...takes, store.take(values(900, 300))]);
  expect([...keys()].sort((a, b) => a - b)).toEqual([60, 240, 900]);
  expect(all.every(({ isTaken }) => isTaken)).toBe(true);
  const settled = await Promise.all(
    all.map(({ states }) => store.settle(states.map(({ bucket, at }) => ({ ...settlement(at), bucket })))),
  );
  expect(keys().slice(3)).toEqual([240, 60, 900]);
  expect(settled.flat().every(({ remaining }) => remaining === 5)).toBe(true);
});

describe('takes of many owners', () => {
  test('go one at a time, what others want goes between them, and more than may wait are refused', async () => {
    await using used = await useRedis();
    const store = createRedisStore(used.redis);
    await store.take(values(1));
    const keys = keysOfCalls(used.redis.client);
    const large = Array.from({ length: 12 }, (_, i) => store.take(values(200, 1 + i * 200)));
    const ended: string[] = [];
    for (const take of large)
      void take.then(
        () => ended.push('large'),
        () => {},
      );
    // Many times: each goes as soon as the one before it is back.
    for (let i = 0; i < 3; i++) void (await store.take(values(1, 5_000 + i)).then(() => ended.push('small')));
    const settled = await Promise.allSettled(large);
    expect(settled.map(({ status }) => status)).toEqual([
      ...Array(9).fill('fulfilled'),
      ...Array(3).fill('rejected'),
    ]);
    expect(settled[11]).toMatchObject({
      reason: { code: 'OVERLOADED', message: expect.stringContaining('Send fewer values') },
    });
    // Nobody waited for the last of them.
    expect(ended.indexOf('small')).toBeLessThan(3);
    expect(keys().filter(count => count > 1)).toEqual(Array(9).fill(200));
    expect(await store.take(values(200, 1))).toMatchObject({ isTaken: true });
  });

  test('of one owner do not wait for each other: it is who declares limits that makes them many', async () => {
    await using used = await useRedis();
    const store = createRedisStore(used.redis);
    const limits = Array.from({ length: 100 }, (_, i) => planBucket({ ...plan, id: `limit-${i}` }));
    const take = () => store.take(limits.map(one => ({ plan: one, owner: 'u-1', units: 1, part: null })));
    const results = await Promise.all(Array.from({ length: 20 }, take));
    expect(results.filter(({ isTaken }) => isTaken)).toHaveLength(5);
  });

  test('have the time of their turn in their own budget, and a silent Redis holds them up no longer', async () => {
    await using proxy = await startRedisProxy();
    await using used = await useRedis({ url: proxy.url, readTimeout: 150 });
    const store = createRedisStore(used.redis);
    await store.take(values(1));
    proxy.silence();
    using time = startOwnTime();
    const settled = await Promise.allSettled(
      Array.from({ length: 5 }, (_, i) => store.take(values(40, i * 40))),
    );
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    // One after the other it would be five times as long.
    expect(time.ms).toBeLessThan(500);
    proxy.speak();
    await vi.waitFor(
      async () => expect(await store.take(values(40))).toMatchObject({ isTaken: true }),
      PATIENCE,
    );
  });
});

const settlement = (takenAt: number) => ({ bucket: values(1)[0] as Bucket, units: 1, takenAt });

test('a call of more buckets than a function can have arguments can be written', () => {
  const many = values(200_000);
  const keyOf = ({ owner }: { readonly owner: string }) => owner;
  expect(writeTakes([many], keyOf)).toMatchObject({ keys: { length: 200_000 }, values: { length: 600_008 } });
  const all = many.map(bucket => ({ bucket, units: 1, takenAt: 0 }));
  expect(writeSettlements(all, keyOf, false).values).toHaveLength(800_007);
});

test('questions, refusals and takes of nothing leave no keys', async () => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis);
  for (const algorithm of ['token-bucket', 'leaky-bucket', 'sliding-window', 'fixed-window'] as const)
    for (const exactLogUpTo of [0, 1_000]) {
      const one = planBucket({ id: 'a', algorithm, limit: 5, windowMs: 60_000, burst: null }, exactLogUpTo);
      const of = (units: number, part: string | null = null) => [{ plan: one, owner: 'o', units, part }];
      await store.read(of(0));
      await Promise.all([store.take(of(0)), store.take(of(0, 'p')), store.take([...of(0), ...of(0)])]);
      await Promise.all([store.take(of(6)), store.take(of(6, 'p')), store.take([...of(3), ...of(3)])]);
      await store.settle([{ bucket: of(0)[0] as Bucket, units: 3, takenAt: Date.now() }]);
    }
  expect(await used.redis.client.keys(`${used.redis.key('', '').split(':')[0]}:*`)).toEqual([]);
});

test('what another version left under a key in another form is as good as nothing there', async () => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis);
  for (const algorithm of ['token-bucket', 'leaky-bucket', 'fixed-window'] as const) {
    const bucket = {
      plan: planBucket({ id: 'a', algorithm, limit: 5, windowMs: 60_000, burst: null }),
      owner: 'o',
      units: 1,
      part: null,
    };
    const key = used.redis.key('limit/o', bucket.plan.key);
    await used.redis.client.hset(key, { at: 1, level: 2 });
    expect(await store.take([bucket])).toMatchObject({ isTaken: true, states: [{ remaining: 4 }] });
    expect(await used.redis.client.type(key)).toBe('string');
    expect(await store.take([bucket])).toMatchObject({ isTaken: true, states: [{ remaining: 3 }] });
    await used.redis.client.del(key);
    await used.redis.client.hset(key, { at: 1, level: 2 });
    await store.settle([{ bucket, units: -2, takenAt: Date.now() }]);
    expect(await store.read([bucket])).toMatchObject([{ remaining: 3 }]);
  }
});
