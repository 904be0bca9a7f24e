import { expect, test, vi } from 'vitest';
import { writeFacts } from '../../../src/cache/response/kept-form.ts';
import { type Cacheable, ResponseCache } from '../../../src/cache/response/response-cache.ts';
import type { CacheEntry, CacheStore } from '../../../src/cache/store/cache-store.ts';
import { Answer } from '../../../src/http/answer.ts';
import { useMemoryStore } from '../store/use-stores.ts';

const NOW = 100_000;

const CACHEABLE: Cacheable = {
  key: 'k',
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
    peek: () => keptAt(memory),
    get: async () => [redis === null ? undefined : keptAt(redis)],
  } as Partial<CacheStore> as CacheStore;
  const clock = { now: () => NOW, elapsed: () => NOW };
  const cache = new ResponseCache({ store, clock, random: () => 0.5, jitter: 0, restore: Answer.ofBytes });
  const looking = cache.look(CACHEABLE);
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

test('nobody waits for what was not kept the last time, until it is', async () => {
  await using used = await useMemoryStore();
  const { store } = used;
  const clock = { now: used.now, elapsed: used.now };
  const cache = new ResponseCache({ store, clock, random: () => 0.5, jitter: 0, restore: Answer.ofBytes });
  const lease = vi.spyOn(store, 'lease');
  const look = async () => await cache.look(CACHEABLE);
  const first = await look();
  const turn = await first.turn();
  first.replied({ 'cache-control': 'no-store' });
  const made = { answer: Answer.ofBytes(Buffer.from('{"data":{}}'), new Map(), () => {}), cost: 1 };
  expect(first.keep({ ...made, headers: null, tookMs: 1 })).toBeNull();
  turn.end();
  expect(lease).toHaveBeenCalledTimes(1);
  const [second, third] = [await look(), await look()];
  for (const one of [second, third]) expect((await one.turn()).kept).toBeNull();
  expect(lease).toHaveBeenCalledTimes(1);
  expect(second.keep({ ...made, headers: null, tookMs: 1 })).not.toBeNull();
  await store.invalidate(['all']);
  await (await look()).turn();
  expect(lease.mock.calls.length).toBeGreaterThan(1);
});
