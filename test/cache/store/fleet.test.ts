import { describe, expect, test, vi } from 'vitest';
import type { CacheStore } from '../../../src/cache/store/cache-store.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { startRedisProxy } from '../../storage/redis-proxy.ts';
import { startRedisServer } from '../../storage/redis-server.ts';
import { entry } from './contract.ts';
import { leaseOf } from './lease-of.ts';
import { median, staysFor } from './stays-for.ts';
import { PATIENCE, type RedisStoreUse, useRedisStore } from './use-stores.ts';

const newPrefix = (): string => `test-${randomId()}`;

async function stored({ used }: RedisStoreUse, name: string): Promise<void> {
  const key = used.redis.key(`cache/${name}`, 'entry');
  await vi.waitFor(async () => expect(await used.redis.client.exists(key)).toBe(1), PATIENCE);
}

/** Puts it into the first store and into the memory of all. */
async function spread(stores: readonly RedisStoreUse[], key: string, tags: readonly string[]): Promise<void> {
  const [first] = stores as [RedisStoreUse];
  first.store.put(key, entry(first, { tags }));
  await stored(first, key);
  for (const { store } of stores) {
    await vi.waitFor(async () => expect(await store.get([key])).not.toEqual([undefined]), PATIENCE);
    await vi.waitFor(() => expect(store.peek(key)).toBeDefined(), PATIENCE);
  }
}

const termsOf = (use: RedisStoreUse) => ({ until: 'fresh', after: use.now(), leaseMs: 60_000 }) as const;

const has = async (store: CacheStore, key: string): Promise<boolean> =>
  (await store.get([key]))[0] !== undefined;

describe('two stores on one Redis', () => {
  test('share entries, and read all that are missing in one round trip', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    const keys = ['one', 'two', 'three'];
    for (const key of keys) {
      a.store.put(key, entry(a, { parts: [Buffer.from(key), Buffer.alloc(20_000)] }));
      await stored(a, key);
    }
    // A server that has never seen the script is sent its text first.
    await b.store.get(['none']);
    const calls = vi.spyOn(b.used.redis.client, 'sendCommand');
    const found = await b.store.get([...keys, 'none']);
    expect(found.map(one => one?.parts.map(part => part.length))).toEqual([
      [3, 20_000],
      [3, 20_000],
      [5, 20_000],
      undefined,
    ]);
    expect(calls).toHaveBeenCalledTimes(1);
    for (const key of keys) expect(b.store.peek(key)).toMatchObject({ parts: [Buffer.from(key), {}] });
    expect(await b.count('reads_total', 'redis')).toBe(3);
    expect(await b.count('reads_total', 'miss')).toBe(2);
    expect(await b.count('reads_total', 'memory')).toBe(3);
  });

  test('share what is for the fleet only, which stays out of their memories', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    a.store.put('k', entry(a, { tags: ['t'] }), { fleetOnly: true });
    await stored(a, 'k');
    expect(await b.store.get(['k'], { fleetOnly: true })).toMatchObject([{ parts: [Buffer.from('value')] }]);
    expect([a.store.peek('k'), b.store.peek('k')]).toEqual([undefined, undefined]);
    await a.store.invalidate(['t']);
    expect(await b.store.get(['k'], { fleetOnly: true })).toEqual([undefined]);
  });

  test('see what the other invalidates within 100 ms', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    await spread([a, b], 'k', ['t']);
    await spread([a, b], 'other', ['u']);
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      await spread([a, b], `k${i}`, ['t']);
      await a.store.invalidate(['t']);
      expect(a.store.peek(`k${i}`)).toBeUndefined();
      times.push(await staysFor(b.store, `k${i}`));
    }
    expect(median(times)).toBeLessThan(100);
    expect(b.store.peek('other')).toBeDefined();
    expect(await has(b.store, 'k0')).toBe(false);
    expect(await b.count('invalidated_tags_total', 'fleet')).toBe(5);
    expect(await b.count('invalidated_tags_total', 'all')).toBe(0);
    expect(await a.count('invalidated_tags_total', 'fleet')).toBe(0);
  });

  test('never serve what one computed before the other invalidated it, and stored after', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    const early = entry(b, { tags: ['t'] });
    await a.store.invalidate(['t']);
    a.store.put('k', early);
    expect(await a.count('writes_total', 'outdated')).toBe(1);
    // Whether it has heard of it yet or not.
    b.store.put('k', early);
    await vi.waitFor(() => expect(b.store.peek('k')).toBeUndefined(), PATIENCE);
    expect(await has(a.store, 'k')).toBe(false);
    // In Redis it is all the same, put there by somebody who had not heard.
    const key = a.used.redis.key('cache/late', 'entry');
    const late = entry(a, { tags: ['t'] });
    a.store.put('late', late);
    await stored(a, 'late');
    const bytes = (await a.used.redis.client.getBuffer(key)) as Buffer;
    await b.store.invalidate(['t']);
    await a.used.redis.client.set(key, bytes);
    expect(await has(b.store, 'late')).toBe(false);
    expect(await b.count('reads_total', 'invalidated')).toBe(1);
  });

  test('do not serve what was invalidated while it was on its way', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    await spread([a], 'k', ['t']);
    const { redis } = b.used;
    const read = redis.read.bind(redis);
    vi.spyOn(redis, 'read').mockImplementationOnce(async work => {
      const before = b.store.mark();
      const result = await read(work);
      await a.store.invalidate(['t']);
      await vi.waitFor(() => expect(b.store.mark()).toBeGreaterThan(before), PATIENCE);
      return result;
    });
    expect(await has(b.store, 'k')).toBe(false);
    expect(await b.count('reads_total', 'invalidated')).toBe(1);
    expect(b.store.peek('k')).toBeUndefined();
  });

  test('forget at once what they invalidate, before Redis has answered', async () => {
    await using proxy = await startRedisProxy();
    await using a = await useRedisStore({ url: proxy.url });
    await spread([a], 'k', ['t']);
    proxy.silence();
    const told = a.store.invalidate(['t']);
    expect(a.store.peek('k')).toBeUndefined();
    proxy.speak();
    expect(await told).toBe(1);
    expect(a.store.peek('k')).toBeUndefined();
  });

  test('do not ask Redis for what memory has, whoever claims it', async () => {
    await using a = await useRedisStore();
    a.store.put('k', entry(a));
    const calls = vi.spyOn(a.used.redis.client, 'sendCommand');
    expect(await a.store.claim([{ key: 'k', storedAfter: 0 }], termsOf(a))).toMatchObject([
      { isEnough: true, lease: null },
    ]);
    expect(calls.mock.calls.filter(([{ name }]) => name === 'evalsha')).toEqual([]);
  });

  test.each(['put again', 'dropped'])('give a lease back where what it was for is %s', async what => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    const lease = await leaseOf(a.store, 'k', 60_000);
    a.store.put('k', entry(a, { tags: ['k'] }));
    lease?.release();
    if (what === 'dropped') a.pass(100_000);
    else a.store.put('k', entry(a, { tags: ['k'] }));
    await vi.waitFor(async () => {
      await b.store.invalidate(['k']);
      expect(await leaseOf(b.store, 'k', 60_000)).not.toBeNull();
    }, PATIENCE);
  });

  test('give a lease back where what it is for has come meanwhile', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    const claiming = a.store.claim([{ key: 'k', storedAfter: 0 }], termsOf(a));
    a.store.put('k', entry(a));
    expect(await claiming).toMatchObject([{ isEnough: true, lease: null }]);
    await stored(a, 'k');
    await b.store.invalidate(['a']);
    await vi.waitFor(async () => expect(await leaseOf(b.store, 'k', 60_000)).not.toBeNull(), PATIENCE);
  });

  test('grant a lease to one of them', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    const both = await Promise.all([leaseOf(a.store, 'k', 10_000), leaseOf(b.store, 'k', 10_000)]);
    expect(both.filter(lease => lease !== null)).toHaveLength(1);
    for (const lease of both) lease?.release();
    await vi.waitFor(async () => expect(await leaseOf(b.store, 'k', 60)).not.toBeNull(), PATIENCE);
    // It goes by itself where who had it has died.
    await vi.waitFor(async () => expect(await leaseOf(a.store, 'k', 60)).not.toBeNull(), PATIENCE);
  });
});

describe('a lost message', () => {
  test('is noticed by the next one', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    await spread([a, b], 'k', ['t']);
    await spread([a, b], 'other', ['u']);
    // As if it had been said and not been heard.
    const silent = b.used.redis.key('cache', 'numbers');
    vi.spyOn(b.used.redis, 'write').mockRejectedValue(new Error('it cannot ask'));
    const number = a.store.mark() + 1;
    await a.used.redis.client.zadd(silent, number, 'seq', number, ':t');
    await a.store.invalidate(['u']);
    await vi.waitFor(() => expect(b.store.peek('k')).toBeUndefined(), PATIENCE);
    expect(await b.count('invalidated_tags_total', 'all')).toBe(1);
  });

  test('is healed by asking for the newest number, where none follows', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    await spread([a, b], 'k', ['t']);
    await spread([a, b], 'other', ['u']);
    const number = a.store.mark() + 1;
    await a.used.redis.client.zadd(b.used.redis.key('cache', 'numbers'), number, 'seq', number, ':t');
    expect(b.store.peek('k')).toBeDefined();
    await vi.waitFor(() => expect(b.store.peek('k')).toBeUndefined(), PATIENCE);
    // What Redis says to be valid is, and is kept again.
    expect(await has(b.store, 'k')).toBe(false);
    expect(await has(b.store, 'other')).toBe(true);
    expect(b.store.peek('other')).toBeDefined();
  });

  test('is healed where the connection was lost meanwhile', async () => {
    const prefix = newPrefix();
    await using proxy = await startRedisProxy();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix, url: proxy.url });
    await spread([a, b], 'k', ['t']);
    await proxy.cut();
    await a.store.invalidate(['t']);
    // Nobody can know, for a bounded time.
    expect(b.store.peek('k')).toBeDefined();
    await proxy.open();
    await vi.waitFor(() => expect(b.store.peek('k')).toBeUndefined(), PATIENCE);
    expect(await has(b.store, 'k')).toBe(false);
  });
});

describe('a Redis that forgets', () => {
  test('the numbers alone has nothing that is valid', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await spread([a], 'k', ['t']);
    await a.used.redis.client.del(a.used.redis.key('cache', 'numbers'));
    await vi.waitFor(() => expect(a.store.peek('k')).toBeUndefined(), PATIENCE);
    expect(await has(a.store, 'k')).toBe(false);
    const before = a.store.mark();
    a.store.put('k', entry(a, { tags: ['t'] }));
    await vi.waitFor(() => expect(a.store.peek('k')).toBeDefined(), PATIENCE);
    await a.store.invalidate(['t']);
    expect(a.store.mark()).toBeGreaterThan(before);
    expect(a.store.peek('k')).toBeUndefined();
  });

  test('the last invalidations, as a replica that took over, gives up what it has from before', async () => {
    const prefix = newPrefix();
    await using a = await useRedisStore({ prefix });
    await using b = await useRedisStore({ prefix });
    const { client, key } = a.used.redis;
    await spread([a, b], 'k', ['t']);
    const snapshot = await client.dumpBuffer(key('cache', 'numbers'));
    const late = (await client.getBuffer(key('cache/k', 'entry'))) as Buffer;
    await a.store.invalidate(['t']);
    await client.restore(key('cache', 'numbers'), 0, snapshot, 'REPLACE');
    await client.set(key('cache/k', 'entry'), late);
    // Somebody who was not there at the time, and believes what Redis says.
    await using c = await useRedisStore({ prefix });
    await vi.waitFor(async () => expect(await has(c.store, 'k')).toBe(false), PATIENCE);
    await vi.waitFor(async () => expect(await has(a.store, 'k')).toBe(false), PATIENCE);
    await vi.waitFor(async () => expect(await has(b.store, 'k')).toBe(false), PATIENCE);
    expect(a.store.peek('k')).toBeUndefined();
    expect(b.store.peek('k')).toBeUndefined();
  });
});

test('an invalidation that the fleet could not be told of is told once that can be', async () => {
  await using server = await startRedisServer();
  const prefix = newPrefix();
  await using proxy = await startRedisProxy(server.url);
  await using a = await useRedisStore({ prefix, url: proxy.url });
  await using b = await useRedisStore({ prefix, url: server.url });
  await spread([a, b], 'k', ['t']);
  await spread([a, b], 'other', ['u']);
  await proxy.cut();
  await expect(a.store.invalidate(['t'])).rejects.toMatchObject({ name: 'RedisError' });
  expect(a.store.peek('k')).toBeUndefined();
  expect(a.store.peek('other')).toBeDefined();
  // Not even what is put now: nobody can say whether it was computed before or after.
  a.store.put('k', entry(a, { tags: ['t'] }));
  expect(a.store.peek('k')).toBeUndefined();
  expect(b.store.peek('k')).toBeDefined();
  await proxy.open();
  await vi.waitFor(() => expect(b.store.peek('k')).toBeUndefined(), PATIENCE);
  await vi.waitFor(() => {
    a.store.put('k', entry(a, { tags: ['t'] }));
    expect(a.store.peek('k')).toBeDefined();
  }, PATIENCE);
});
