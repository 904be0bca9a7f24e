import { expect, test } from 'vitest';
import { KnownNumbers, type NewerNumbers } from '../../../src/cache/store/redis/known-numbers.ts';
import { createRandom } from '../../../subgraphs/shared/random.ts';

/** All that a server knows, as it tells of it. */
function server() {
  const members = new Map<string, number>();
  let [newest, floor] = [100, 100];
  return {
    invalidate(...tags: readonly string[]): number {
      newest++;
      for (const tag of tags) members.set(`:${tag}`, newest);
      return newest;
    },
    giveUp(): void {
      floor = ++newest;
      members.clear();
    },
    get newest() {
      return newest;
    },
    newer(after: number, most = 1_000): NewerNumbers {
      const newer = [...members].filter(([, number]) => number > after).sort(([, a], [, b]) => b - a);
      return { after, newest, floor, members: newer.slice(0, most), isCut: newer.length >= most };
    },
    isValid: (tags: readonly string[], since: number): boolean =>
      since >= floor && since <= newest && tags.every(tag => (members.get(`:${tag}`) ?? 0) <= since),
  };
}

const isValid = (known: KnownNumbers, tags: readonly string[], since: number): boolean =>
  known.verdictOn(tags, since) === 'valid';

test('what came after is learned, and says which entries are valid', () => {
  const [redis, known] = [server(), new KnownNumbers()];
  const before = redis.newest;
  const after = redis.invalidate('a');
  expect(known.learn(redis.newer(known.end))).toBe(true);
  expect(known.end).toBe(after);
  expect([isValid(known, ['a', 'b'], before), isValid(known, ['b'], before)]).toEqual([false, true]);
  expect(isValid(known, ['a'], after)).toBe(true);
  redis.invalidate('b');
  expect(isValid(known, ['b'], after)).toBe(true);
  expect(known.learn(redis.newer(known.end))).toBe(true);
  expect([isValid(known, ['b'], after), isValid(known, ['a'], after)]).toEqual([false, true]);
});

test('tags that are long are known by what the server calls them', () => {
  const known = new KnownNumbers();
  // The SHA-1 of 49 times "x", and of 25 times "ü".
  const members = [
    ['#79bede281ed797b1b8ec4ddd20ca5456d6e59b3a', 20],
    ['#f96214d7ceb42a4932059cb0175edbca49e866e6', 20],
    [`:${'y'.repeat(48)}`, 20],
  ] as const;
  known.learn({ after: 0, newest: 20, floor: 1, members, isCut: false });
  const isKnown = (tag: string): boolean => isValid(known, [tag], 10);
  const asked = ['x'.repeat(49), 'ü'.repeat(25), 'y'.repeat(48), 'x'.repeat(48)];
  expect(asked.map(isKnown)).toEqual([false, false, false, true]);
});

test('of what is older than the last that it was told nothing is said to be valid', () => {
  const [redis, known] = [server(), new KnownNumbers()];
  const numbers = ['a', 'b', 'c', 'd'].map(tag => redis.invalidate(tag));
  expect(known.learn(redis.newer(known.end, 2))).toBe(true);
  // The last two are c and d.
  expect(numbers.map(since => isValid(known, ['x'], since))).toEqual([false, false, true, true]);
  expect(numbers.map(since => isValid(known, ['d'], since))).toEqual([false, false, false, true]);
});

test('what is known to be invalidated is told from what is too old to be known', () => {
  const [redis, known] = [server(), new KnownNumbers()];
  const numbers = ['a', 'b', 'c', 'd'].map(tag => redis.invalidate(tag));
  known.learn(redis.newer(known.end, 2));
  const verdicts = (tags: readonly string[]) => numbers.map(since => known.verdictOn(tags, since));
  expect(verdicts(['x', 'd'])).toEqual(['invalidated', 'invalidated', 'invalidated', 'valid']);
  expect(verdicts(['x'])).toEqual(['unknown', 'unknown', 'valid', 'valid']);
  redis.giveUp();
  known.learn(redis.newer(known.end));
  expect(verdicts(['x'])).toEqual(Array(4).fill('invalidated'));
});

test('all that the server has given up is valid no more', () => {
  const [redis, known] = [server(), new KnownNumbers()];
  const since = redis.invalidate('a');
  known.learn(redis.newer(known.end));
  redis.giveUp();
  known.learn(redis.newer(known.end));
  expect([isValid(known, [], since), isValid(known, [], redis.newest)]).toEqual([false, true]);
});

test('from a server that knows less than before nothing is learned', () => {
  const known = new KnownNumbers();
  known.learn({ after: 0, newest: 20, floor: 1, members: [[':a', 20]], isCut: false });
  expect(known.learn({ after: 20, newest: 15, floor: 16, members: [], isCut: false })).toBe(false);
  expect([known.end, known.verdictOn(['b'], 15)]).toEqual([20, 'valid']);
});

test.each(Array.from({ length: 200 }, (_, seed) => seed))(
  'nothing is ever said to be valid that was not when it was asked, in whatever order answers come: %i',
  seed => {
    const random = createRandom(seed);
    const pick = (below: number): number => Math.floor(random() * below);
    const tags = Array.from({ length: 12 }, (_, i) => `t${i}`);
    const [redis, known] = [server(), new KnownNumbers()];
    const onTheirWay: NewerNumbers[] = [];
    let said = 0;
    for (let step = 0; step < 300; step++) {
      const what = pick(10);
      if (what < 4) redis.invalidate(...tags.filter(() => random() < 0.15));
      else if (what < 7) onTheirWay.push(redis.newer(known.end, 1 + pick(6)));
      else if (step % 97 === 0) redis.giveUp();
      const came = onTheirWay.length > 3 ? onTheirWay.splice(pick(onTheirWay.length), 1)[0] : undefined;
      if (came === undefined || !known.learn(came)) continue;
      // As of then: what happened since is not in the answer.
      const asked = tags.filter(() => random() < 0.2);
      for (let since = 100; since <= came.newest; since += 1 + pick(5)) {
        const verdict = known.verdictOn(asked, since);
        // That is for ever.
        if (verdict === 'invalidated') expect(redis.isValid(asked, since)).toBe(false);
        if (verdict !== 'valid') continue;
        said++;
        const told = new Map(came.members);
        expect(since).toBeGreaterThanOrEqual(came.floor);
        for (const tag of asked) expect(told.get(`:${tag}`) ?? 0).toBeLessThanOrEqual(since);
      }
    }
    // Once all has come, by all that the server knows.
    known.learn(redis.newer(known.end));
    for (let since = 100; since <= redis.newest; since++)
      for (const tag of tags)
        if (isValid(known, [tag], since)) expect(redis.isValid([tag], since)).toBe(true);
    expect(said).toBeGreaterThan(0);
  },
);
