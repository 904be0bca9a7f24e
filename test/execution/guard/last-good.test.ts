import { expect, test } from 'vitest';
import type { CacheEntry, CacheStore } from '../../../src/cache/store/cache-store.ts';
import { LastGood, type LastGoodOptions } from '../../../src/execution/guard/last-good.ts';
import { handClock } from '../../support/test-identity.ts';

const MINUTE = 60_000;
const STALE = 5 * MINUTE;

/** A store of a fleet, as one instance sees it: what it is told, and what it is asked. */
function fleet() {
  const entries = new Map<string, CacheEntry>();
  const seen = { puts: [] as string[], asked: [] as string[], options: [] as unknown[] };
  const numbers = new Map<string, number>();
  let newest = 1;
  const store: CacheStore = {
    peek: () => undefined,
    async get(keys, options) {
      seen.asked.push(...keys);
      seen.options.push(options);
      return keys.map(key => entries.get(key));
    },
    validity: 1,
    mark: () => newest,
    isValid: (tags, since) => tags.every(tag => (numbers.get(tag) ?? 0) <= since),
    put(key, entry, options) {
      seen.puts.push(key);
      seen.options.push(options);
      entries.set(key, entry);
      return false;
    },
    async invalidate(tags) {
      newest++;
      for (const tag of tags) numbers.set(tag, newest);
      return tags.length;
    },
    claim: async () => [],
    bytes: 0,
    close: async () => {},
  };
  return { store, entries, seen };
}

function setUp(given: Partial<LastGoodOptions> = {}) {
  const clock = handClock();
  const others = fleet();
  const options = { maxWeight: 1_000_000, clock, random: () => 0.5, store: others.store, isShared: true };
  const open = () => new LastGood({ ...options, ...given });
  const lastGood = open();
  const tagged: string[] = [];
  const keep = (key: string, text: string, since = others.store.mark(), said: string[] = []): void =>
    lastGood.keep({ key, text, staleMs: STALE, since, said }, () => {
      tagged.push(key);
      return ['t', `t-${key}`];
    });
  const find = (key: string, tags = ['t', `t-${key}`]) => lastGood.find(key, STALE, () => tags);
  return { ...others, clock, lastGood, open, keep, find, tagged };
}

test('a key is written once for a share of its stale time, whatever comes back in between', () => {
  const { clock, keep, seen, tagged, entries, find } = setUp();
  for (let second = 0; second < 30; second++) {
    keep('a', `${second}`);
    clock.at += 1_000;
  }
  expect(seen.puts).toEqual(['last-good/a']);
  // Nothing is worked out for values that are not written.
  expect(tagged).toEqual(['a']);
  expect(find('a')).toEqual({ text: '29', ageMs: 1_000 });
  keep('a', '30');
  expect(seen.puts).toHaveLength(2);
  const written = entries.get('last-good/a');
  expect(written?.parts.map(String)).toEqual(['30']);
  expect(written).toMatchObject({ storedAt: clock.at, freshUntil: clock.at, errorUntil: clock.at + STALE });
  expect(seen.options).toEqual([{ fleetOnly: true }, { fleetOnly: true }]);
});

test.each([
  [0, 15_000],
  [1, 45_000],
])('the share is drawn: %d', (drawn, interval) => {
  const { clock, keep, seen } = setUp({ random: () => drawn });
  keep('a', '1');
  clock.at += interval - 1;
  keep('a', '2');
  expect(seen.puts).toHaveLength(1);
  clock.at += 1;
  keep('a', '3');
  expect(seen.puts).toHaveLength(2);
});

test('many keys are written at a bounded pace, and those that had to wait come next', () => {
  const { clock, keep, seen, find } = setUp();
  const keepAll = (): void => {
    for (let n = 0; n < 350; n++) keep(`${n}`, '1');
  };
  keepAll();
  expect(seen.puts).toHaveLength(200);
  clock.at += 1_000;
  keepAll();
  expect(new Set(seen.puts).size).toBe(350);
  expect(find('349')).not.toBeNull();
});

test('what has no room in memory is not written more often for it', () => {
  const { clock, keep, seen } = setUp({ maxWeight: 10 });
  for (let n = 0; n < 1_000; n++) keep('a', '1');
  expect(seen.puts.length).toBeLessThanOrEqual(200);
  clock.at += 1_000;
  const off = setUp({ maxWeight: 0 });
  off.keep('a', '1');
  expect([off.seen.puts, off.lastGood.isShared]).toEqual([[], false]);
});

test('nothing is written without a mark, and it is made up for when there is one', () => {
  const { keep, seen } = setUp();
  keep('a', '1', 0);
  expect(seen.puts).toEqual([]);
  keep('a', '1');
  expect(seen.puts).toEqual(['last-good/a']);
});

test('what others have is found with its age, and kept in memory from then on', async () => {
  const first = setUp();
  first.keep('a', '{"b":1}');
  first.clock.at += MINUTE;
  const second = first.open();
  const wanted = new Map([['a', STALE]]);
  expect(second.find('a', STALE, () => [])).toBeNull();
  expect(await second.read(wanted)).toEqual(new Map([['a', { text: '{"b":1}', ageMs: MINUTE }]]));
  expect(first.seen.options.at(-1)).toEqual({ fleetOnly: true });
  first.clock.at += MINUTE;
  expect(second.find('a', STALE, () => [])).toEqual({ text: '{"b":1}', ageMs: 2 * MINUTE });
  // Nobody writes what was only read.
  expect(first.seen.puts).toHaveLength(1);
});

test('what is older than it may be, or no JSON, is not served', async () => {
  const { clock, keep, open, entries } = setUp();
  keep('a', '1');
  keep('b', '1');
  entries.set('last-good/b', { ...(entries.get('last-good/b') as CacheEntry), parts: [Buffer.from('{')] });
  clock.at += MINUTE;
  const wanted = new Map([
    ['a', MINUTE - 1],
    ['b', STALE],
  ]);
  expect(await open().read(wanted)).toEqual(new Map());
});

test('what nobody has is asked for once a second', async () => {
  const { clock, lastGood, seen } = setUp();
  const wanted = new Map([['a', STALE]]);
  for (let call = 0; call < 5; call++) await lastGood.read(wanted);
  expect(seen.asked).toEqual(['last-good/a']);
  clock.at += 1_000;
  await lastGood.read(wanted);
  expect(seen.asked).toHaveLength(2);
});

test('what was invalidated is not served, even where it was never written or came back after it', async () => {
  const { store, keep, find, clock } = setUp();
  const before = store.mark();
  keep('a', '1');
  keep('b', '1');
  clock.at += 1;
  keep('a', '2');
  await store.invalidate(['t-a']);
  expect([find('a'), find('b')]).toMatchObject([null, { text: '1' }]);
  keep('a', '3', before);
  expect(find('a')).toBeNull();
  keep('a', '3');
  expect(find('a')).toMatchObject({ text: '3' });
});

test('alone it keeps to itself, and invalidations count all the same', async () => {
  const { store, keep, find, seen, lastGood } = setUp({ isShared: false });
  keep('a', '1');
  expect(find('a')).not.toBeNull();
  expect(await lastGood.read(new Map([['b', STALE]]))).toEqual(new Map());
  expect([seen.puts, seen.asked]).toEqual([[], []]);
  await store.invalidate(['t']);
  expect(find('a')).toBeNull();
  const bare = setUp({ store: null });
  bare.keep('a', '1');
  expect(bare.find('a')).toMatchObject({ text: '1' });
  expect(bare.lastGood.mark).toBeNull();
});
