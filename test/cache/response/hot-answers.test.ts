import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ResponseCache } from '../../../src/cache/response/response-cache.ts';
import type { Wanted } from '../../../src/cache/response/wanted.ts';
import { createMemoryStore } from '../../../src/cache/store/memory/memory-store.ts';
import { Answer } from '../../../src/http/answer.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

const LIFE = { maxAgeMs: 10_000, scope: 'PUBLIC', staleWhileRevalidateMs: 5_000, staleIfErrorMs: 0 } as const;

const wanted = (identity: string): Wanted => ({
  identity,
  policy: LIFE,
  tagsOf: () => [`tag-${identity}`],
  own: null,
});

const clock = { now: () => now, elapsed: () => now };
let now = 0;
let rereads = 0;

beforeEach(() => {
  now = 1_700_000_000_000;
  rereads = 0;
});
afterEach(() => vi.restoreAllMocks());

function open(hotBytes = 100_000) {
  const bounds = { maxBytes: 1024 * 1024, maxEntryBytes: 100_000 };
  const store = createMemoryStore({ ...bounds, clock, metrics: createMetrics() });
  const peek = vi.spyOn(store, 'peek');
  const cache = new ResponseCache({
    store,
    clock,
    random: () => 1,
    jitter: 0,
    restore: Answer.ofBytes,
    hotBytes,
    onReread: () => void rereads++,
  });
  const found = async (identity: string) => (await cache.look(wanted(identity))).found?.answer.data ?? null;
  const keep = async (identity: string, data: string) => {
    (await cache.look(wanted(identity))).keep({ answer: Answer.of(data), cost: 0, headers: null, tookMs: 0 });
  };
  const compress = async (identity: string, coding: 'gzip' | 'br') =>
    (await cache.look(wanted(identity))).found?.answer.encoded(coding);
  return { store, peek, found, keep, compress };
}

test('what was read a moment ago is served as it is, and counted as a read', async () => {
  const { found, keep, peek } = open();
  await keep('a', '1');
  expect(await found('a')).toBe('1');
  peek.mockClear();
  expect([await found('a'), await found('a'), rereads]).toEqual(['1', '1', 2]);
  expect(peek).not.toHaveBeenCalled();
});

test('another identity has another answer', async () => {
  const { found, keep } = open();
  await keep('a', '1');
  expect([await found('a'), await found('A'), await found('a ')]).toEqual(['1', null, null]);
});

test('an invalidation is seen at once, also of something else', async () => {
  const { found, keep, store, peek } = open();
  await keep('a', '1');
  await found('a');
  await store.invalidate(['tag-b']);
  peek.mockClear();
  expect(await found('a')).toBe('1');
  expect(peek).toHaveBeenCalledTimes(1);
  await store.invalidate(['tag-a']);
  expect(await found('a')).toBeNull();
});

test('a store that may serve nothing from memory serves nothing that it gave before either', async () => {
  const { found, keep, store, peek } = open();
  await keep('a', '1');
  await found('a');
  vi.spyOn(store, 'validity', 'get').mockReturnValue(Number.NaN);
  peek.mockClear();
  await found('a');
  await found('a');
  expect(peek).toHaveBeenCalledTimes(2);
});

test('it ends with its own time, to the millisecond', async () => {
  const { found, keep, peek } = open();
  await keep('a', '1');
  now += 9_999;
  await found('a');
  peek.mockClear();
  expect(await found('a')).toBe('1');
  expect(peek).not.toHaveBeenCalled();
  now += 1;
  // Stale: served, but there is more to do about it.
  expect(await found('a')).toBe('1');
  expect(peek).toHaveBeenCalledTimes(1);
  now += 5_000;
  expect(await found('a')).toBeNull();
});

test('the store hears of it once a second, and so does not evict it', async () => {
  const { found, keep, peek } = open();
  await keep('a', '1');
  await found('a');
  now += 1_000;
  peek.mockClear();
  await found('a');
  expect(peek).toHaveBeenCalledTimes(1);
});

test('what is kept anew is served from then on', async () => {
  const { found, keep } = open();
  await keep('a', '1');
  await found('a');
  now += 11_000;
  await keep('a', '2');
  expect(await found('a')).toBe('2');
});

test('it is bounded: what was read longest ago goes first, and what is too large never comes', async () => {
  const { found, keep, peek } = open(9_000);
  for (const identity of ['a', 'b', 'c', 'd', 'e']) {
    await keep(identity, '1');
    await found(identity);
  }
  await keep('large', `"${'x'.repeat(9_000)}"`);
  await found('large');
  peek.mockClear();
  for (const identity of ['large', 'e', 'd', 'c', 'b']) await found(identity);
  expect(peek.mock.calls).toHaveLength(1);
  await found('a');
  expect(peek.mock.calls).toHaveLength(2);
});

test('forms that an answer gets later are weighed, too', async () => {
  const { found, keep, compress, peek } = open(20_000);
  // Nothing that compresses well.
  const data = (identity: string) => JSON.stringify(identity + randomBytes(3_000).toString('base64'));
  for (const identity of ['a', 'b', 'c']) {
    await keep(identity, data(identity));
    await found(identity);
    await compress(identity, 'gzip');
    await found(identity);
    await compress(identity, 'br');
    await found(identity);
  }
  peek.mockClear();
  for (const identity of ['c', 'b', 'a']) await found(identity);
  // Of one there are 4,000 bytes and two forms of 3,000: there is room for one of them with what it is told by.
  expect(peek).toHaveBeenCalledTimes(2);
});
