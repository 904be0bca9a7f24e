import { describe, expect, test } from 'vitest';
import { compileTellings, guessTellings, tellingsAmong } from '../../../src/cache/response/tellings.ts';

const told = (byName: Readonly<Record<string, string>>) => ({ keyFor: (name: string) => byName[name] ?? '' });

/** The keys of all that a request may say to those that an operation asks. */
function keysOf(byName: Readonly<Record<string, string>>, asked: readonly string[]): readonly string[] {
  const tellings = compileTellings(['a', 'b', 'c'])(told(byName));
  return tellingsAmong(tellings, new Set(asked)).map(({ key }) => key);
}

describe('tellings', () => {
  test('are one where all subgraphs are told the same, whichever are asked', () => {
    expect(keysOf({}, ['a'])).toEqual(keysOf({}, ['b', 'c']));
    expect(keysOf({}, ['a'])).toHaveLength(1);
    expect(keysOf({ a: 'x', b: 'x', c: 'x' }, ['a'])).not.toEqual(keysOf({}, ['a']));
    expect(keysOf({}, [])).toEqual([]);
  });

  test('of what is not asked make no difference', () => {
    expect(keysOf({ a: 'x' }, ['b'])).toEqual(keysOf({ a: 'y' }, ['b']));
    expect(keysOf({ a: 'x' }, ['a', 'b'])).not.toEqual(keysOf({ a: 'y' }, ['a', 'b']));
  });

  test('are told apart by who is told what, not only by what is told', () => {
    expect(keysOf({ a: 'x', b: 'y', c: 'z' }, ['a', 'b'])).not.toEqual(
      keysOf({ a: 'y', b: 'x', c: 'z' }, ['a', 'b']),
    );
    // A name that looks like the list that it is in.
    const odd = (names: readonly string[]) => compileTellings(names)(told({ z: 'x' })).map(({ key }) => key);
    expect(odd(['a","b', 'z'])).not.toEqual(odd(['a', 'b', 'z']));
  });

  test('that are equal tell the same to each subgraph that whoever had them may have asked', () => {
    const values = ['', 'x', 'y'];
    const requests = values.flatMap(a => values.flatMap(b => values.map(c => ({ a, b, c }))));
    const sets = [['a'], ['b'], ['c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['a', 'b', 'c']] as const;
    let isShared = 0;
    for (const maker of requests)
      for (const asked of sets) {
        const kept = JSON.stringify(keysOf(maker, asked));
        for (const reader of requests) {
          const guesses = guessTellings(compileTellings(['c', 'b', 'a'])(told(reader)));
          const isFound = guesses.some(guess => JSON.stringify(guess.map(({ key }) => key)) === kept);
          if (isFound) for (const name of asked) expect(reader[name]).toBe(maker[name]);
          // Who asks the same subgraphs, and tells them all the same, finds it.
          if (JSON.stringify(keysOf(reader, asked)) === kept) expect(isFound).toBe(true);
          if (isFound && maker !== reader) isShared++;
        }
      }
    expect(isShared).toBeGreaterThan(100);
  });

  const names = Array.from({ length: 9 }, (_, i) => `s${i}`);
  /** Of so many kinds; the last may be told something else. */
  const kinds = (count: number, last = String(count - 1)) =>
    compileTellings(names)({
      keyFor: name => (name === 's8' ? last : String(Math.min(names.indexOf(name), count - 1))),
    });

  test('are guessed in all ways that an operation may be told them, at most 31', () => {
    expect([1, 2, 3, 4, 5].map(count => guessTellings(kinds(count)).length)).toEqual([1, 3, 7, 15, 31]);
    expect([6, 7, 9].map(count => guessTellings(kinds(count)).length)).toEqual([31, 31, 31]);
  });

  test('of more than five kinds are five, of which the last is all that is left', () => {
    const asking = (tellings: ReturnType<typeof kinds>, asked: readonly string[]): readonly string[] =>
      tellingsAmong(tellings, new Set(asked)).map(({ key }) => key);
    expect(kinds(9).flatMap(({ subgraphs }) => subgraphs)).toEqual(names);
    expect(kinds(9).map(({ subgraphs }) => subgraphs.length)).toEqual([1, 1, 1, 1, 5]);
    // What is among these is told apart with all of them, and the others without.
    expect(asking(kinds(9), ['s5'])).not.toEqual(asking(kinds(9, 'x'), ['s5']));
    expect(asking(kinds(9), ['s0', 's3'])).toEqual(asking(kinds(9, 'x'), ['s0', 's3']));
    expect(asking(kinds(9), ['s5'])).toEqual(asking(kinds(9), ['s8']));
    expect(asking(kinds(9), ['s5'])).not.toEqual(asking(kinds(8), ['s5']));
  });
});
