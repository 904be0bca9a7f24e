import { describe, expect, test, vi } from 'vitest';
import type { OutagePolicy } from '../../../../src/config/rate-limit.ts';
import { type Bucket, planBucket } from '../../../../src/policy/rate-limit/bucket.ts';
import type { BucketStore, TakeResult } from '../../../../src/policy/rate-limit/bucket-store.ts';
import { createHeartbeat } from '../../../../src/policy/rate-limit/outage/heartbeat.ts';
import { withOutagePolicy } from '../../../../src/policy/rate-limit/outage/with-outage-policy.ts';
import { createMemoryStore } from '../../../../src/policy/rate-limit/stores/memory-store.ts';
import { createRedisStore } from '../../../../src/policy/rate-limit/stores/redis-store.ts';
import { systemClock } from '../../../../src/shared/clock.ts';
import { RedisError } from '../../../../src/storage/redis-error.ts';
import { startRedisProxy } from '../../../storage/redis-proxy.ts';
import { useRedis } from '../../../storage/use-redis.ts';
import { startOwnTime } from '../../../support/own-time.ts';
import { PATIENCE } from '../../../support/patience.ts';

const BEGIN = 1_000_000_000_000;

const planOf = (id: string, limit = 10, windowMs = 60_000) =>
  planBucket({ id, algorithm: 'sliding-window', limit, windowMs, burst: null });

const one = (id: string, more: Partial<Bucket> = {}): Bucket => ({
  plan: planOf(id),
  owner: 'u',
  units: 1,
  part: null,
  ...more,
});

/** Limits are named by their policies. */
const policyOf = ({ id }: { readonly id: string }): OutagePolicy =>
  id.startsWith('allow') ? 'allow' : id.startsWith('deny') ? 'deny' : 'local-share';

function setUp(instances = 1) {
  let now = BEGIN;
  const clock = { now: () => now, elapsed: () => now };
  const memory = createMemoryStore({ clock });
  let isDown = false;
  const asked = vi.fn();
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    asked();
    if (isDown) throw new RedisError('timeout', 'gone');
    return work();
  };
  const shared: BucketStore = {
    take: buckets => guard(() => memory.take(buckets)),
    settle: settlements => guard(() => memory.settle(settlements)),
    read: buckets => guard(() => memory.read(buckets)),
    reset: buckets => guard(() => memory.reset(buckets)),
    close: async () => {},
  };
  const changes: [boolean, string | null][] = [];
  const store = withOutagePolicy(shared, createMemoryStore({ clock }), {
    policyOf,
    instances: () => instances,
    clock,
    onChange: (isOut, reason) => changes.push([isOut, reason]),
  });
  return {
    store,
    memory,
    asked,
    changes,
    down: (is: boolean) => {
      isDown = is;
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

async function admitted(store: BucketStore, bucket: Bucket, times: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < times; i++) {
    const { isTaken } = await store.take([{ ...bucket }]);
    if (isTaken) count++;
  }
  return count;
}

describe('while the shared store is gone', () => {
  test.each([
    [1, 10],
    [4, 2],
    [50, 1],
  ])('each of %s gateways admits its share, %s of 10', async (instances, share) => {
    const { store, down } = setUp(instances);
    down(true);
    expect(await admitted(store, one('share'), 20)).toBe(share);
  });

  test('allow admits all, deny none and says when to come back, and together nothing is taken', async () => {
    const { store, down } = setUp();
    down(true);
    expect(await admitted(store, one('allow'), 50)).toBe(50);
    const { isTaken, states } = await store.take([one('share'), one('deny')]);
    expect(isTaken).toBe(false);
    expect(states).toMatchObject([
      { isAllowed: true, isTaken: false },
      { isAllowed: false, retryAfterMs: 1_000 },
    ]);
    expect(await admitted(store, one('share'), 20)).toBe(10);
  });

  test('a part that is denied is left out, and the rest is taken', async () => {
    const { store, down } = setUp();
    down(true);
    const { isTaken, states } = await store.take([
      one('share'),
      one('deny', { part: 'a' }),
      one('share2', { part: 'a' }),
    ]);
    expect(isTaken).toBe(true);
    expect(states.map(state => state.isTaken)).toEqual([true, false, false]);
  });

  test('it is asked four times a second whether it is back, by one request at a time', async () => {
    const { store, asked, down, pass } = setUp();
    down(true);
    await admitted(store, one('allow'), 100);
    expect(asked).toHaveBeenCalledTimes(1);
    pass(250);
    await Promise.all(Array.from({ length: 20 }, () => store.take([one('allow')])));
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test('each change is told once', async () => {
    const { store, changes, down, pass } = setUp();
    await admitted(store, one('share'), 3);
    down(true);
    await Promise.all(Array.from({ length: 5 }, () => store.take([one('share')])));
    pass(250);
    await admitted(store, one('share'), 3);
    down(false);
    pass(250);
    await admitted(store, one('share'), 3);
    expect(changes).toEqual([
      [true, 'timeout'],
      [false, null],
    ]);
  });

  test('a mistake of ours is no outage', async () => {
    const { store, changes } = setUp();
    await expect(store.take([one('share', { units: -1 })])).rejects.toThrow(RangeError);
    expect(changes).toEqual([]);
  });

  test('settling fails for nobody, and gives back what was taken here', async () => {
    const { store, down } = setUp();
    const shared = await store.take([one('share', { units: 5 })]);
    down(true);
    const here = await store.take([one('share', { units: 8 })]);
    const settle = ({ states }: TakeResult, units: number) =>
      store.settle(states.map(({ bucket, at }) => ({ bucket, units, takenAt: at })));
    await settle(shared, 1);
    await settle(here, 6);
    expect(await admitted(store, one('share'), 20)).toBe(8);
  });
});

describe('when it is back', () => {
  test('a bucket that was counted here as the same object is settled where it is counted now', async () => {
    const { store, memory, down, pass } = setUp();
    const bucket = Object.freeze(one('allow', { units: 5 }));
    down(true);
    expect(await store.take([bucket])).toMatchObject({ isTaken: true });
    down(false);
    pass(1_000);
    const [taken] = (await store.take([bucket])).states;
    await store.settle([{ bucket: taken?.bucket as Bucket, units: 4, takenAt: taken?.at as number }]);
    expect(await memory.read([bucket])).toMatchObject([{ remaining: 9 }]);
  });

  test('what was admitted here is charged, as far as it is still in its window', async () => {
    const { store, memory, down, pass } = setUp(2);
    down(true);
    expect(await admitted(store, one('share'), 3)).toBe(3);
    expect(await admitted(store, one('short', { plan: planOf('short', 10, 200) }), 3)).toBe(3);
    await admitted(store, one('allow'), 9);
    pass(250);
    down(false);
    await store.take([one('other')]);
    const left = async (bucket: Bucket) => (await memory.read([bucket]))[0]?.remaining;
    await vi.waitFor(async () => expect(await left(one('share'))).toBe(7), PATIENCE);
    expect(await left(one('short', { plan: planOf('short', 10, 200) }))).toBe(10);
    expect(await left(one('allow'))).toBe(10);
  });
});

test('what was charged when it came back is settled there', async () => {
  const { store, memory, down, pass } = setUp();
  const left = async () => (await memory.read([one('share')]))[0]?.remaining;
  down(true);
  const { states } = await store.take([one('share', { units: 8 })]);
  const early = await store.take([one('share', { units: 2 })]);
  const give = (of: TakeResult['states'], units: number) =>
    store.settle(of.map(({ bucket, at }) => ({ bucket, units, takenAt: at })));
  await give(early.states, 1);
  pass(250);
  down(false);
  await store.take([one('other')]);
  await vi.waitFor(async () => expect(await left()).toBe(1), PATIENCE);
  await give(states, 6);
  expect(await left()).toBe(7);
});

describe('who keeps asking an empty bucket', () => {
  test('is refused without the shared store, until it may be otherwise', async () => {
    const { store, asked, pass } = setUp();
    await store.take([one('share', { units: 10 })]);
    const first = await store.take([one('share')]);
    pass(400);
    asked.mockClear();
    const again = await store.take([one('share'), one('free')]);
    expect(asked).not.toHaveBeenCalled();
    expect(again.isTaken).toBe(false);
    const waited = (first.states[0]?.retryAfterMs ?? 0) - (again.states[0]?.retryAfterMs ?? 0);
    expect(waited).toBe(400);
    pass(601);
    await store.take([one('share')]);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test('may ask for less, for another bucket, or after a reset', async () => {
    const { store } = setUp();
    await store.take([one('share', { units: 8 })]);
    expect((await store.take([one('share', { units: 5 })])).isTaken).toBe(false);
    expect((await store.take([one('share', { units: 2 })])).isTaken).toBe(true);
    expect((await store.take([one('share')])).isTaken).toBe(false);
    expect((await store.take([one('share', { owner: 'v' })])).isTaken).toBe(true);
    await store.reset([one('share')]);
    expect((await store.take([one('share')])).isTaken).toBe(true);
  });
});

describe('with a real Redis', () => {
  test('no take fails when it goes and comes back, and limits hold as promised', async () => {
    await using proxy = await startRedisProxy();
    await using used = await useRedis({ url: proxy.url, readTimeout: 200 });
    const changes: boolean[] = [];
    const store = withOutagePolicy(createRedisStore(used.redis), createMemoryStore({ clock: systemClock }), {
      policyOf,
      instances: () => 2,
      clock: systemClock,
      onChange: isOut => changes.push(isOut),
    });
    expect(await admitted(store, one('share'), 4)).toBe(4);
    await proxy.cut();
    // Half of 10, from a full bucket.
    expect(await admitted(store, one('share'), 20)).toBe(5);
    expect(await admitted(store, one('allow'), 20)).toBe(20);
    expect(await admitted(store, one('deny'), 20)).toBe(0);
    await proxy.open();
    await used.redis.ready(10_000);
    await vi.waitFor(async () => {
      await store.take([one('probe', { plan: planOf('probe', 1_000) })]);
      expect(changes).toEqual([true, false]);
    }, PATIENCE);
    await vi.waitFor(async () => {
      const [state] = await store.read([one('share')]);
      expect(state?.remaining).toBe(1);
    }, PATIENCE);
    expect(await admitted(store, one('share'), 5)).toBe(1);
  });

  test('a silent one holds up one request at a time for its budget', async () => {
    await using proxy = await startRedisProxy();
    await using used = await useRedis({ url: proxy.url, readTimeout: 50 });
    const store = withOutagePolicy(createRedisStore(used.redis), createMemoryStore({ clock: systemClock }), {
      policyOf,
      instances: () => 1,
      clock: systemClock,
      onChange: () => {},
    });
    proxy.silence();
    await store.take([one('allow')]);
    using time = startOwnTime();
    await admitted(store, one('allow'), 200);
    expect(time.ms).toBeLessThan(200 * 50 * 0.2);
  });

  test('gateways count each other by their heartbeats, and do not count who is gone', async () => {
    await using used = await useRedis();
    const [a, b] = ['a', 'b'].map(id => createHeartbeat(used.redis, { id }));
    expect(a?.instances()).toBe(1);
    await a?.beat();
    await b?.beat();
    await a?.beat();
    expect([a?.instances(), b?.instances()]).toEqual([2, 2]);
    await b?.close();
    await a?.beat();
    expect(a?.instances()).toBe(1);
    // One that ended without a word, long ago by the clock of the server.
    const key = used.redis.key('limits', 'instances');
    await used.redis.client.zadd(key, 1, 'crashed');
    await a?.beat();
    expect(a?.instances()).toBe(1);
  });
});
