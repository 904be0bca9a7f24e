import { expect, test, vi } from 'vitest';
import { writeFacts } from '../../../src/cache/response/kept-form.ts';
import { ResponseCache } from '../../../src/cache/response/response-cache.ts';
import { responseKey } from '../../../src/cache/response/response-key.ts';
import type { Wanted } from '../../../src/cache/response/wanted.ts';
import type { CacheEntry, CacheStore } from '../../../src/cache/store/cache-store.ts';
import { Answer } from '../../../src/http/answer.ts';
import type { Keepable } from '../../../src/http/kept-answer.ts';
import { useMemoryStore } from '../store/use-stores.ts';

const NOW = 100_000;

const WANTED: Wanted = {
  identity: 'k',
  policy: { maxAgeMs: 10_000, scope: 'PUBLIC', staleWhileRevalidateMs: 5_000, staleIfErrorMs: 60_000 },
  tagsOf: () => ['all'],
  own: null,
};

function keptAt(storedAt: number): CacheEntry {
  const facts = { hash: String(storedAt), cost: 1, isPublic: true, codings: [] };
  const freshUntil = storedAt + 10_000;
  return {
    parts: [writeFacts(facts), Buffer.from('{"data":{}}')],
    storedAt,
    freshUntil,
    revalidateUntil: freshUntil + 5_000,
    errorUntil: freshUntil + 60_000,
    costMs: 0,
    tags: [],
    since: 1,
  };
}

/** @param memory when what this process has was kept; @param redis the same of the fleet */
async function look(memory: number, redis: number | null) {
  const store = {
    mark: () => 1,
    validity: 1,
    peek: () => keptAt(memory),
    get: async () => [redis === null ? undefined : keptAt(redis)],
  } as Partial<CacheStore> as CacheStore;
  const clock = { now: () => NOW, elapsed: () => NOW };
  const cache = new ResponseCache({
    store,
    clock,
    random: () => 0.5,
    jitter: 0,
    restore: Answer.ofBytes,
    hotBytes: 10_000,
    onReread() {},
  });
  const looking = cache.look(WANTED);
  return { ...(await looking), isAtOnce: !(looking instanceof Promise) };
}

test.each([
  ['fresh', NOW - 1, false],
  ['stale, and served while it is made anew', NOW - 12_000, true],
])('what memory has and is %s is served at once', async (_, memory, isDue) => {
  const { found, isAtOnce, isDue: due } = await look(memory, NOW);
  expect([found?.hash, isAtOnce, due]).toEqual([String(memory), true, isDue]);
});

test('where memory has what is too old to be served, the fleet is asked for a newer one', async () => {
  const { found, isAtOnce } = await look(NOW - 20_000, NOW - 2);
  expect([found?.hash, isAtOnce]).toEqual([String(NOW - 2), false]);
});

test('where the fleet has none either, the old one is there for a failure', async () => {
  const { found, lastResort } = await look(NOW - 20_000, null);
  expect([found, lastResort?.hash]).toEqual([null, String(NOW - 20_000)]);
});

/** Nothing is held beside the store. */
const COLD = { hotBytes: 0, onReread() {} };

test('what is dear to make is made anew the sooner before its end', async () => {
  const due = async (costMs: number) => {
    const store = { mark: () => 1, peek: () => ({ ...keptAt(NOW - 9_000), costMs }) };
    const clock = { now: () => NOW, elapsed: () => NOW };
    const options = { clock, random: () => 0.5, jitter: 0, restore: Answer.ofBytes, ...COLD };
    const cache = new ResponseCache({ store: store as never, ...options });
    const { isDue, isStale } = await cache.look(WANTED);
    return [isDue, isStale];
  };
  expect(await due(100)).toEqual([false, false]);
  expect(await due(2_000)).toEqual([true, false]);
});

const MADE: Keepable = {
  answer: Answer.ofBytes(Buffer.from(`{"data":"${'x'.repeat(2_000)}"}`), new Map(), () => {}),
  cost: 1,
  headers: null,
  tookMs: 1,
};

async function startCache({ jitter = 0, maxEntryBytes = 1_000_000 } = {}) {
  const used = await useMemoryStore({ maxBytes: 4_000_000, maxEntryBytes });
  const { store, now } = used;
  const restore = vi.fn(Answer.ofBytes);
  const clock = { now, elapsed: now };
  const cache = new ResponseCache({ store, clock, random: () => 0.5, jitter, restore, ...COLD });
  return { used, store, restore, look: async () => await cache.look(WANTED) };
}

test('lifetimes are shortened at random', async () => {
  const { used, look } = await startCache({ jitter: 0.5 });
  expect((await look()).keep(MADE)?.freshUntil).toBe(used.now() + 7_500);
});

test('it is served no longer than the kept values in it, in each of the ways', async () => {
  const { used, look } = await startCache();
  const value = (freshMs: number, revalidateMs: number, errorMs: number) => ({
    freshUntil: used.now() + freshMs,
    revalidateUntil: used.now() + revalidateMs,
    errorUntil: used.now() + errorMs,
    tags: [],
    isPrivate: false,
  });
  const whole = (await look()).keep(MADE);
  const lookup = await look();
  lookup.used(value(6_000, 6_500, 100_000));
  lookup.used(value(9_000, 100_000, 7_000));
  expect(lookup.keep(MADE)).toMatchObject({
    freshUntil: used.now() + 6_000,
    staleWhileRevalidateMs: 500,
    staleIfErrorMs: 1_000,
  });
  // Else it would be for longer.
  expect(whole?.staleWhileRevalidateMs).toBeGreaterThan(500);
  expect(whole?.staleIfErrorMs).toBeGreaterThan(1_000);
});

test('what is larger than an entry may be is not kept', async () => {
  const { look } = await startCache({ maxEntryBytes: 2_000 });
  (await look()).keep(MADE);
  expect((await look()).found).toBeNull();
});

test('a compressed form is made once, and does not bring back what was made anew meanwhile', async () => {
  const { used, store, restore, look } = await startCache();
  (await look()).keep(MADE);
  const form = await (await look()).found?.answer.encoded('br');
  const again = await (await look()).found?.answer.encoded('br');
  expect(again?.equals(form as Buffer)).toBe(true);
  expect(restore.mock.lastCall?.[1].has('br')).toBe(true);
  const encoding = (await look()).found?.answer.encoded('gzip');
  used.pass(1);
  (await look()).keep(MADE);
  await encoding;
  expect(store.peek(responseKey('k'))?.storedAt).toBe(used.now());
});

test('nobody waits for what was not kept the last time, until it is', async () => {
  const { store, look } = await startCache();
  const claim = vi.spyOn(store, 'claim');
  const first = await look();
  const turn = await first.turn();
  first.replied({ 'cache-control': 'no-store' }, { subgraph: 'a', status: 200, longestMs: null });
  expect(first.keep(MADE)).toBeNull();
  turn.end();
  expect(claim).toHaveBeenCalledTimes(1);
  const [second, third] = [await look(), await look()];
  for (const one of [second, third]) expect((await one.turn()).kept).toBeNull();
  expect(claim).toHaveBeenCalledTimes(1);
  expect(second.keep(MADE)).not.toBeNull();
  await store.invalidate(['all']);
  await (await look()).turn();
  expect(claim.mock.calls.length).toBeGreaterThan(1);
});

test('what was invalidated while it was made is kept nowhere, as far as it can be known', async () => {
  const { store, look } = await startCache();
  const [first, second, third] = [await look(), await look(), await look()];
  await store.invalidate(['all']);
  expect(first.keep(MADE)).toBeNull();
  expect((await look()).keep(MADE)).not.toBeNull();
  // Of what is in doubt for want of news nobody can tell when that was.
  const validity = vi.spyOn(store, 'validity', 'get').mockReturnValue(Number.NaN);
  expect(second.keep(MADE)).not.toBeNull();
  validity.mockRestore();
  expect(third.keep(MADE)).toBeNull();
});
