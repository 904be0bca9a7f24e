import { afterAll, describe, expect, test, vi } from 'vitest';
import type { CacheEntry } from '../../../src/cache/store/cache-store.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { type RedisCluster, startRedisCluster } from '../../storage/redis-cluster.ts';
import { type SentinelPair, startSentinelPair } from '../../storage/redis-sentinel.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { describeStore, entry } from './contract.ts';
import { PATIENCE, useRedisStore } from './use-stores.ts';

let cluster: Promise<RedisCluster> | null = null;
let pair: Promise<SentinelPair> | null = null;

afterAll(async () => {
  await (await cluster)?.[Symbol.asyncDispose]();
  await (await pair)?.[Symbol.asyncDispose]();
});

describe('a store on Redis', () => describeStore(() => useRedisStore()));

test('what Redis has is older than what memory has where a write was lost, and does not take its place', async () => {
  await using use = await useRedisStore();
  const { store } = use;
  const old = entry(use, { parts: [Buffer.from('old')] });
  store.put('k', old);
  await vi.waitFor(async () => expect(await use.count('writes_total', 'written')).toBe(1), PATIENCE);
  const text = (found: readonly (CacheEntry | undefined)[]) => String(found[0]?.parts[0]);
  store.put('k', { ...old, storedAt: old.storedAt + 1, parts: [Buffer.from('new')] }, { memoryOnly: true });
  expect(text(await store.get(['k'], { pastMemory: true }))).toBe('new');
  expect(text([store.peek('k')])).toBe('new');
  // And a newer one does.
  store.put('k', { ...old, storedAt: old.storedAt - 1 }, { memoryOnly: true });
  expect(text(await store.get(['k'], { pastMemory: true }))).toBe('old');
});

test('a key that many want at the same time is read once, and others beside it', async () => {
  const prefix = `test-${randomId()}`;
  await using a = await useRedisStore({ prefix });
  await using b = await useRedisStore({ prefix });
  for (const key of ['k', 'l']) a.store.put(key, entry(a));
  await vi.waitFor(async () => {
    expect(await b.store.get(['k', 'l'], { pastMemory: true, fleetOnly: true })).not.toContain(undefined);
  }, PATIENCE);
  const before = await b.count('reads_total', 'redis');
  const all = await Promise.all(
    Array.from({ length: 50 }, (_, i) => b.store.get([i === 7 ? 'l' : 'k'], { pastMemory: true })),
  );
  expect(all.every(([found]) => found !== undefined)).toBe(true);
  expect((await b.count('reads_total', 'redis')) - before).toBe(2);
  // Whoever comes after that asks anew.
  await b.store.get(['k'], { pastMemory: true });
  expect((await b.count('reads_total', 'redis')) - before).toBe(3);
  await b.store.invalidate(['a']);
  expect((await b.store.get(['k'], { pastMemory: true }))[0]).toBeUndefined();
});

test('what comes from a clock that is ahead is a miss, as nobody could say how old it is', async () => {
  const prefix = `test-${randomId()}`;
  await using ahead = await useRedisStore({ prefix });
  await using use = await useRedisStore({ prefix });
  const keep = async (key: string, ms: number): Promise<void> => {
    const storedAt = use.now() + ms;
    const times = { storedAt, freshUntil: storedAt + 60_000, revalidateUntil: 0, errorUntil: 0 };
    ahead.store.put(key, entry(ahead, times));
    const isWritten = () => ahead.store.get([key], { pastMemory: true, fleetOnly: true });
    await vi.waitFor(async () => expect((await isWritten())[0]).toBeDefined(), PATIENCE);
  };
  ahead.pass(1_000);
  await keep('near', 1_000);
  ahead.pass(599_000);
  await keep('far', 600_000);
  await vi.waitFor(async () => {
    const [far, near] = await use.store.get(['far', 'near']);
    expect([far, near?.storedAt]).toEqual([undefined, expect.any(Number)]);
  }, PATIENCE);
  // By the clock of who wrote it, it is what it was.
  expect((await ahead.store.get(['far'], { pastMemory: true }))[0]).toBeDefined();
});

describe('a store on a master that a sentinel tells of', () =>
  describeStore(async () => {
    pair ??= startSentinelPair();
    return useRedisStore({ sentinel: (await pair).config });
  }));

describe('a store on a cluster', () => {
  const useOne = async (prefix?: string) => {
    cluster ??= startRedisCluster();
    const where = { cluster: (await cluster).urls };
    return useRedisStore(prefix === undefined ? where : { ...where, prefix });
  };
  describeStore(() => useOne());

  test('asks for the numbers of tags wherever the entries are, and hears of invalidations', async () => {
    const prefix = `test-${randomId()}`;
    await using a = await useOne(prefix);
    await using b = await useOne(prefix);
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);
    for (const [i, key] of keys.entries()) a.store.put(key, entry(a, { tags: [`t${i % 3}`, 'all'] }));
    const found = async (store = b.store) => (await store.get(keys)).map(one => one !== undefined);
    await vi.waitFor(async () => expect(await found()).not.toContain(false), PATIENCE);
    using time = startOwnTime();
    await a.store.invalidate(['t1']);
    await vi.waitFor(() => expect(b.store.peek('k1')).toBeUndefined(), PATIENCE);
    expect(time.ms).toBeLessThan(500);
    const left = keys.map((_, i) => i % 3 !== 1);
    expect(keys.map(key => b.store.peek(key) !== undefined)).toEqual(left);
    // Somebody who has not heard of it, and has nothing in memory.
    await using c = await useOne(prefix);
    expect(await found(c.store)).toEqual(left);
    expect(await c.count('reads_total', 'invalidated')).toBe(10);
    // What was put since it was looked for is found behind the lease.
    await using late = await useOne(prefix);
    vi.spyOn(late.used.redis.client, 'getBuffer').mockResolvedValueOnce(null);
    const terms = { until: 'fresh', after: late.now(), leaseMs: 60_000 } as const;
    expect(await late.store.claim([{ key: 'k0', storedAfter: 0 }], terms)).toMatchObject([
      { isEnough: true, lease: null },
    ]);
    expect(late.store.peek('k0')).toBeDefined();
    await b.store.invalidate(['all']);
    await using d = await useOne(prefix);
    expect(await found(d.store)).not.toContain(true);
  });
});
