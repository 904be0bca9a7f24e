import { describe, expect, test, vi } from 'vitest';
import {
  type Bucket,
  type BucketName,
  type BucketPlan,
  planBucket,
} from '../../../../src/policy/rate-limit/bucket.ts';
import { SETTLE } from '../../../../src/policy/rate-limit/stores/lua/settle.ts';
import { writeSettlements } from '../../../../src/policy/rate-limit/stores/redis-calls.ts';
import { bucketKeys } from '../../../../src/policy/rate-limit/stores/redis-key.ts';
import { createRedisStore } from '../../../../src/policy/rate-limit/stores/redis-store.ts';
import type { RedisStorage } from '../../../../src/storage/redis.ts';
import { RedisError } from '../../../../src/storage/redis-error.ts';
import { createRedisScript } from '../../../../src/storage/redis-script.ts';
import { startRedisCluster } from '../../../storage/redis-cluster.ts';
import { startRedisProxy } from '../../../storage/redis-proxy.ts';
import { startRedisServer } from '../../../storage/redis-server.ts';
import { useRedis } from '../../../storage/use-redis.ts';
import { startOwnTime } from '../../../support/own-time.ts';
import { PATIENCE } from '../../../support/patience.ts';

const BUDGET_MS = 150;

const daily = (id: string): BucketPlan =>
  planBucket({ id, algorithm: 'token-bucket', limit: 1_000, windowMs: 86_400_000, burst: null });
const keyOf = (redis: RedisStorage, bucket: BucketName): string => bucketKeys(redis)(bucket);
const of = (plan: BucketPlan, owner = 'u-1', units = 1): Bucket => ({ plan, owner, units, part: null });

test('a take of several buckets and owners is one call, and the text of the script travels once', async () => {
  await using server = await startRedisServer();
  await using used = await useRedis({ url: server.url });
  const store = createRedisStore(used.redis);
  const sent = vi.spyOn(used.redis.client, 'sendCommand');
  const count = (name: string) => sent.mock.calls.filter(([command]) => command.name === name).length;
  const buckets = [of(daily('a')), of(daily('b')), of(daily('c'), 'tenant-1')];
  for (let i = 0; i < 5; i++) await store.take(buckets);
  expect([count('evalsha'), count('eval')]).toEqual([5, 1]);
  await used.redis.client.script('FLUSH');
  expect(await store.take(buckets)).toMatchObject({ isTaken: true });
  expect(count('eval')).toBe(2);
});

test('takes and settlements of one turn of the event loop are one call each, and each has its own answer', async () => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis);
  const plan = planBucket({
    id: 'a',
    algorithm: 'fixed-window',
    limit: 5,
    windowMs: 86_400_000,
    burst: null,
  });
  await store.take([of(plan, 'first', 1)]);
  await store.settle([{ bucket: of(plan, 'first'), units: 1, takenAt: Date.now() }]);
  const sent = vi.spyOn(used.redis.client, 'sendCommand');
  const results = await Promise.all(
    [2, 2, 2, 1].map(units => store.take([of(plan, 'u-1', units), of(plan, 'u-2', 1)])),
  );
  expect(results.map(({ isTaken }) => isTaken)).toEqual([true, true, false, true]);
  expect(results.map(({ states }) => states.map(({ remaining }) => remaining))).toEqual([
    [3, 4],
    [1, 3],
    [1, 3],
    [0, 2],
  ]);
  const given = [1, 2].map(units =>
    store.settle([{ bucket: of(plan, 'u-1'), units, takenAt: results[0]?.states[0]?.at as number }]),
  );
  expect(await Promise.all(given)).toMatchObject([[{ remaining: 3 }], [{ remaining: 3 }]]);
  expect(sent).toHaveBeenCalledTimes(2);
});

test('takes that begin with the same bucket are told apart, whichever of them was before', async () => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis);
  const plan = daily('d');
  const [a, b, c] = [of(plan, 'a'), of(plan, 'b'), of(plan, 'c')];
  const larger = { ...a, units: 2 };
  for (const take of [[a, b], [a], [a, c], [a, b], [larger, b], [a, a], [], [a, b]]) {
    const { states } = await store.take(take);
    expect(states.map(({ bucket }) => bucket)).toEqual(take);
  }
  const left = await store.read([a, b, c]);
  expect(left.map(({ remaining }) => plan.capacity - remaining)).toEqual([9, 4, 1]);
});

test('what one take cannot be counted with fails that one alone', async () => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis);
  const [good, bad] = [of(daily('a')), of(daily('b'))];
  await used.redis.client.set(keyOf(used.redis, bad), 'foreign');
  const [taken, failed] = await Promise.allSettled([store.take([good]), store.take([bad])]);
  expect(taken).toMatchObject({ status: 'fulfilled', value: { states: [{ remaining: 999 }] } });
  expect(failed).toMatchObject({ status: 'rejected', reason: { reason: 'failed' } });
});

test('every key goes away by itself, soon after its bucket would be full', async () => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis);
  const limit = { limit: 10, windowMs: 50_000, burst: null };
  const plans = [
    planBucket({ ...limit, id: 'a', algorithm: 'token-bucket' }),
    planBucket({ ...limit, id: 'b', algorithm: 'leaky-bucket' }),
    planBucket({ ...limit, id: 'c', algorithm: 'sliding-window' }),
    planBucket({ ...limit, id: 'd', algorithm: 'sliding-window' }, 0),
    planBucket({ ...limit, id: 'e', algorithm: 'fixed-window' }),
  ];
  const { states } = await store.take(plans.map(plan => of(plan)));
  for (const { bucket, resetAfterMs, at } of states) {
    const left = await used.redis.client.pttl(keyOf(used.redis, bucket));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(resetAfterMs + 50_000);
    await store.settle([{ bucket, units: 1, takenAt: at }]);
    expect(await used.redis.client.exists(keyOf(used.redis, bucket))).toBe(0);
  }
});

test('a key that holds something foreign fails the take, and nothing is taken', async () => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis);
  const [good, bad] = [of(daily('good')), of(daily('bad'))];
  await used.redis.client.set(keyOf(used.redis, bad), 'foreign');
  await expect(store.take([good, bad])).rejects.toMatchObject({
    name: 'ForeignBucketError',
    reason: 'failed',
  });
  expect(await store.read([good])).toMatchObject([{ remaining: 1_000 }]);
  await used.redis.client.set(keyOf(used.redis, good), '12:nonsense');
  await expect(store.take([good])).rejects.toMatchObject({ reason: 'failed' });
});

test('owners who are long or hold anything strange are known by their hash in Redis', async () => {
  await using used = await useRedis();
  const [plain, ...strange] = ['tenant:a@b.test', 'x'.repeat(65), '}', '', 'a b', 'é'].map(owner =>
    keyOf(used.redis, of(daily('a'), owner)),
  );
  expect(plain).toContain(':{limit/tenant:a@b.test}:a:');
  for (const key of strange) expect(key).toMatch(/:\{limit\/#[0-9a-f]{64}\}:a:/);
  expect(new Set(strange).size).toBe(5);
});

test.each(['token-bucket', 'leaky-bucket'] as const)(
  'a void take is given back to the %s without the refill that a full one would have lost',
  async algorithm => {
    await using used = await useRedis();
    const plan = planBucket({ id: 'a', algorithm, limit: 10, windowMs: 1_000, burst: null });
    let now = 1_000_000_000_000;
    const store = createRedisStore(used.redis, { clock: { now: () => now, elapsed: () => now } });
    const [taken] = (await store.take([of(plan, 'u-1', 5)])).states;
    now += 200;
    await store.take([of(plan, 'u-1', 7)]);
    const back = [{ bucket: of(plan), units: 5, takenAt: taken?.at as number }];
    const { keys, values } = writeSettlements(back, bucketKeys(used.redis), true);
    const reply = createRedisScript(SETTLE).run(used.redis.client, keys, [now, ...values]);
    // Full, 200 ms later still full, and seven taken of that.
    expect(await reply).toEqual([now, 3, 700]);
  },
);

test.each(['token-bucket', 'leaky-bucket'] as const)(
  'nor does a clock that has stepped back since make the %s fuller than before the void take',
  async algorithm => {
    await using used = await useRedis();
    const plan = planBucket({ id: 'a', algorithm, limit: 10, windowMs: 1_000, burst: null });
    const began = 1_000_000_000_000;
    let now = began;
    const store = createRedisStore(used.redis, { clock: { now: () => now, elapsed: () => now } });
    await store.take([of(plan, 'u-1', 3)]);
    await store.take([of(plan, 'u-1', 5)]);
    const back = [{ bucket: of(plan), units: 5, takenAt: began }];
    const { keys, values } = writeSettlements(back, bucketKeys(used.redis), true);
    await createRedisScript(SETTLE).run(used.redis.client, keys, [began - 200, ...values]);
    now = began;
    expect(await store.read([of(plan)])).toMatchObject([{ remaining: 7, resetAfterMs: 300 }]);
  },
);

test('what Redis took too late for anybody to wait is given back', async () => {
  await using proxy = await startRedisProxy();
  await using direct = await useRedis();
  await using used = await useRedis({ url: proxy.url, readTimeout: 30 });
  const plan = daily(`late ${direct.redis.key('', '')}`);
  const redis = { ...used.redis, key: direct.redis.key };
  const [store, witness] = [createRedisStore(redis), createRedisStore(direct.redis)];
  const remaining = async (): Promise<unknown> => (await witness.read([of(plan)]))[0]?.remaining;
  await used.redis.write(client => client.ping());
  proxy.silence();
  await expect(store.take([of(plan, 'u-1', 7)])).rejects.toMatchObject({ reason: 'timeout' });
  // The script is not there yet on a server of its own: the text may follow once Redis may speak.
  proxy.speak();
  await vi.waitFor(async () => expect(await remaining()).toBe(1_000), PATIENCE);
  await store.take([of(plan, 'u-1', 1)]);
  proxy.silence();
  await expect(store.take([of(plan, 'u-1', 7)])).rejects.toMatchObject({ reason: 'timeout' });
  await vi.waitFor(async () => expect(await remaining()).toBe(992), PATIENCE);
  proxy.speak();
  await vi.waitFor(async () => expect(await remaining()).toBe(999), PATIENCE);
});

describe('Redis killed in the middle', () => {
  test('fails calls within their budget, and answers again when it is back', async () => {
    await using server = await startRedisServer();
    await using used = await useRedis({ url: server.url, readTimeout: BUDGET_MS });
    const store = createRedisStore(used.redis);
    const buckets = [of(daily('a')), of(daily('b'), 'tenant-1')];
    let [isOver, answered, failed, slowest] = [false, 0, 0, 0];
    const others: unknown[] = [];
    const ask = async (): Promise<void> => {
      while (!isOver) {
        using time = startOwnTime();
        await store.take(buckets).then(
          () => answered++,
          error => (error instanceof RedisError ? failed++ : others.push(error)),
        );
        slowest = Math.max(slowest, time.ms);
        await new Promise(setImmediate);
      }
    };
    const asking = Promise.all(Array.from({ length: 20 }, ask));
    await vi.waitFor(() => expect(answered).toBeGreaterThan(200), PATIENCE);
    await server.kill();
    const failedBefore = failed;
    await vi.waitFor(() => expect(failed).toBeGreaterThan(failedBefore + 200), PATIENCE);
    await server.start();
    await used.redis.ready(10_000);
    const answeredBefore = answered;
    await vi.waitFor(() => expect(answered).toBeGreaterThan(answeredBefore + 200), PATIENCE);
    isOver = true;
    await asking;
    expect(others).toEqual([]);
    // Its budget, and what a busy machine adds.
    expect(slowest).toBeLessThan(BUDGET_MS + 1_000);
  });

  test('in a cluster fails those who need that node; what others took is given back, and they go on', async () => {
    await using cluster = await startRedisCluster();
    await using used = await useRedis({ cluster: cluster.urls, readTimeout: 1_000 });
    const store = createRedisStore(used.redis);
    const plan = daily('a');
    const slotOf = async (owner: string) =>
      Number(await used.redis.client.cluster('KEYSLOT', keyOf(used.redis, { plan, owner })));
    const ownersOf: string[][] = [[], [], []];
    for (let i = 0; i < 100; i++)
      ownersOf[Math.floor(((await slotOf(`u-${i}`)) * 3) / 16_384)]?.push(`u-${i}`);
    const [alive, dead] = [ownersOf[0]?.[0] as string, ownersOf[2]?.[0] as string];
    const both = [of(plan, alive, 10), of(plan, dead, 10)];
    expect(await store.take(both)).toMatchObject({ isTaken: true });
    await cluster.nodes[2]?.kill();
    await expect(store.take(both)).rejects.toBeInstanceOf(RedisError);
    await expect(store.take(both)).rejects.toBeInstanceOf(RedisError);
    expect(await store.read([of(plan, alive)])).toMatchObject([{ remaining: 990 }]);
    await cluster.nodes[2]?.start();
    await vi.waitFor(async () => expect(await store.take(both)).toMatchObject({ isTaken: true }), PATIENCE);
    expect(await store.read(both)).toMatchObject([{ remaining: 980 }, { remaining: 990 }]);
  });
});
