import { expect, test } from 'vitest';
import type { CacheEntry, CacheStore, Claimed, ClaimTerms } from '../../../src/cache/store/cache-store.ts';
import { leaseOf } from './lease-of.ts';

export interface UsedStore extends AsyncDisposable {
  readonly store: CacheStore;
  /** Moves the time that the store goes by. */
  pass(ms: number): void;
  now(): number;
}

/** A store that can be used at once. */
export type UseStore = () => Promise<UsedStore>;

/** An entry that is fresh for a minute, as from now. */
export function entry(used: Pick<UsedStore, 'store' | 'now'>, given: Partial<CacheEntry> = {}): CacheEntry {
  const now = used.now();
  return {
    parts: [Buffer.from('value')],
    storedAt: now,
    freshUntil: now + 60_000,
    revalidateUntil: now + 60_000,
    errorUntil: now + 60_000,
    costMs: 12.5,
    tags: ['a', 'b'],
    since: used.store.mark(),
    ...given,
  };
}

/** What every store does, alone. */
export function describeStore(useStore: UseStore): void {
  test('gives back what was put, with all of its parts, times and tags', async () => {
    await using used = await useStore();
    const { store } = used;
    const put = entry(used, {
      parts: [Buffer.from([0, 255, 10]), Buffer.alloc(0), Buffer.from('ü')],
      tags: ['ü', 'x'.repeat(300), ''],
      revalidateUntil: used.now() + 70_000,
      errorUntil: used.now() + 80_000,
    });
    store.put('k', put);
    expect(store.peek('k')).toEqual(put);
    expect(store.put('k', put)).toBe(true);
    expect(await store.get(['nothing', 'k'])).toEqual([undefined, put]);
  });

  test.each([100, 100_000])('keeps the bytes it was given, not the buffer they were in: %i', async size => {
    await using used = await useStore();
    const value = Buffer.alloc(size, 1);
    used.store.put('k', entry(used, { parts: [value] }));
    const held = used.store.peek('k')?.parts[0];
    value.fill(2);
    used.store.put('k', entry(used, { parts: [Buffer.alloc(size, 3)] }));
    expect(held?.equals(Buffer.alloc(size, 1))).toBe(true);
    expect(used.store.peek('k')?.parts[0]?.equals(Buffer.alloc(size, 3))).toBe(true);
  });

  test('knows keys apart, long and strange ones too', async () => {
    await using used = await useStore();
    const keys = ['', 'a', 'a}', '{a', 'ü', '\u{1F600}', '\u{1F600}\u{1F601}', 'x'.repeat(512)];
    keys.push('x'.repeat(513), 'x'.repeat(100_000), 'x'.repeat(100_001));
    for (const [i, key] of keys.entries()) used.store.put(key, entry(used, { parts: [Buffer.from([i])] }));
    const found = await used.store.get(keys);
    expect(found.map(one => one?.parts[0]?.[0])).toEqual(keys.map((_, i) => i));
  });

  test('keeps an entry until the last of its times is over, and not longer', async () => {
    await using used = await useStore();
    const { store } = used;
    const now = used.now();
    const times = { freshUntil: now + 1_000, revalidateUntil: now + 3_000, errorUntil: now + 2_000 };
    store.put('k', entry(used, times));
    used.pass(2_999);
    expect(store.peek('k')).toMatchObject(times);
    used.pass(1);
    expect(store.peek('k')).toBeUndefined();
    expect(await store.get(['k'])).toEqual([undefined]);
  });

  test('has forgotten what has one of the tags when an invalidation returns, and nothing else', async () => {
    await using used = await useStore();
    const { store } = used;
    store.put('ab', entry(used));
    store.put('bc', entry(used, { tags: ['b', 'c'] }));
    store.put('c', entry(used, { tags: ['c'] }));
    store.put('none', entry(used, { tags: [] }));
    expect(await store.invalidate(['a', 'x'])).toBe(2);
    const left = async () => (await store.get(['ab', 'bc', 'c', 'none'])).map(one => one !== undefined);
    expect(store.peek('ab')).toBeUndefined();
    expect(await left()).toEqual([false, true, true, true]);
    await store.invalidate(['b']);
    expect(await left()).toEqual([false, false, true, true]);
  });

  test('never serves what was computed before an invalidation and put after it', async () => {
    await using used = await useStore();
    const { store } = used;
    const early = entry(used, { tags: ['a'] });
    await store.invalidate(['a']);
    expect(store.put('k', early)).toBe(false);
    expect(store.peek('k')).toBeUndefined();
    expect(await store.get(['k'])).toEqual([undefined]);
    store.put('k', entry(used, { tags: ['a'] }));
    expect(store.peek('k')).toBeDefined();
  });

  test('says whether something was invalidated after a mark', async () => {
    await using used = await useStore();
    const { store } = used;
    const since = store.mark();
    expect(store.isValid(['a', 'b'], since)).toBe(true);
    await store.invalidate(['b']);
    expect([store.isValid(['a'], since), store.isValid(['a', 'b'], since)]).toEqual([true, false]);
    expect(store.isValid(['a', 'b'], store.mark())).toBe(true);
  });

  test('has in memory nothing that is for the fleet only', async () => {
    await using used = await useStore();
    const { store } = used;
    expect(store.put('k', entry(used), { fleetOnly: true })).toBe(false);
    expect(store.peek('k')).toBeUndefined();
    expect(store.put('own', entry(used), { memoryOnly: true })).toBe(true);
    expect(await store.get(['own'], { fleetOnly: true })).toEqual([undefined]);
  });

  test('grants a lease to one at a time, until it is released or over', async () => {
    await using used = await useStore();
    const { store } = used;
    const first = await leaseOf(store, 'k', 60_000);
    expect(first).not.toBeNull();
    expect(await leaseOf(store, 'k', 200)).toBeNull();
    expect(await leaseOf(store, 'other', 200)).not.toBeNull();
    first?.release();
    await expect.poll(() => leaseOf(store, 'k', 200)).not.toBeNull();
    used.pass(201);
    await expect.poll(() => leaseOf(store, 'k', 60_000)).not.toBeNull();
    first?.release();
    expect(await leaseOf(store, 'k', 200)).toBeNull();
  });

  test('gives what is claimed, or leave to make it, by what is enough for whoever claims', async () => {
    await using used = await useStore();
    const { store } = used;
    const now = used.now();
    const times = { freshUntil: now + 1_000, revalidateUntil: now + 2_000, errorUntil: now + 90_000 };
    store.put('k', entry(used, { ...times, storedAt: now }));
    const claim = async (storedAfter: number, until: ClaimTerms['until'], after: number): Promise<string> => {
      const [claimed] = await store.claim([{ key: 'k', storedAfter }], { until, after, leaseMs: 60_000 });
      claimed?.lease?.release();
      return `${claimed?.entry === undefined ? 'no' : 'an'} entry, ${claimed?.isEnough} ${claimed?.lease !== null}`;
    };
    const enough = 'an entry, true false';
    const spare = 'an entry, false true';
    const claims: readonly (readonly [number, ClaimTerms['until'], number, string])[] = [
      [0, 'fresh', now, enough],
      [now - 1, 'fresh', now + 999, enough],
      [now - 1, 'fresh', now + 1_000, spare],
      [now - 1, 'revalidated', now + 1_999, enough],
      [now - 1, 'revalidated', now + 2_000, spare],
      [now, 'revalidated', now, spare],
    ];
    for (const [storedAfter, until, after, said] of claims)
      await expect.poll(() => claim(storedAfter, until, after)).toBe(said);
    await store.invalidate(['a']);
    await expect.poll(() => claim(0, 'fresh', now)).toBe('no entry, false true');
  });

  test('claims many at once: what is there is not leased, and the rest to one alone', async () => {
    await using used = await useStore();
    const { store } = used;
    for (const key of ['there', 'also']) store.put(key, entry(used));
    const terms = { until: 'fresh', after: used.now(), leaseMs: 60_000 } as const;
    const claim = async (...keys: string[]) => {
      const needed = keys.map(key => ({ key, storedAfter: 0 }));
      return store.claim(needed, terms);
    };
    const first = await claim('there', 'gone', 'also', 'lost');
    const shown = (all: readonly Claimed[]) => all.map(({ isEnough, lease }) => [isEnough, lease !== null]);
    expect(shown(first)).toEqual([
      [true, false],
      [false, true],
      [true, false],
      [false, true],
    ]);
    expect(shown(await claim('lost', 'new', 'there'))).toEqual([
      [false, false],
      [false, true],
      [true, false],
    ]);
    for (const { lease } of first) lease?.release();
    await expect
      .poll(async () => shown(await claim('gone', 'lost')))
      .toEqual([
        [false, true],
        [false, true],
      ]);
  });

  test('does not keep what is larger than an entry may be, nor what it had before', async () => {
    await using used = await useStore();
    used.store.put('k', entry(used));
    const large = entry(used, { parts: [Buffer.alloc(2 * 1024 * 1024)] });
    expect(used.store.put('k', large)).toBe(false);
    expect(used.store.peek('k')).toBeUndefined();
  });

  test('stays within its bound, and keeps what is read again through a flood of what is not', async () => {
    await using used = await useStore();
    const { store } = used;
    const name = (i: number) => `hot-${i}`;
    for (let i = 0; i < 50; i++) store.put(name(i), entry(used, { parts: [Buffer.alloc(200)] }));
    let largest = 0;
    for (let i = 0; i < 50_000; i++) {
      if (i % 100 === 0) for (let n = 0; n < 50; n++) store.peek(name(n));
      const size = i % 500 === 0 ? 20_000 : 200;
      store.put(`cold-${i}`, entry(used, { parts: [Buffer.alloc(size)] }), { memoryOnly: true });
      largest = Math.max(largest, store.bytes);
    }
    expect(largest).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(largest).toBeGreaterThan(3.5 * 1024 * 1024);
    for (let i = 0; i < 50; i++) expect(store.peek(name(i))).toBeDefined();
    expect(store.peek('cold-49999')).toBeDefined();
    expect(store.peek('cold-0')).toBeUndefined();
  });
}
