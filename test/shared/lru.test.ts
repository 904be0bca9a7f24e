import { describe, expect, test } from 'vitest';
import { Lru } from '../../src/shared/lru.ts';
import { SteadyLru } from '../../src/shared/steady-lru.ts';

describe('a map with a bound', () => {
  test('forgets the least recently used first, by weight', () => {
    const map = new Lru<string, number>(4);
    map.set('a', 1);
    map.set('b', 2, 2);
    map.set('c', 3);
    expect(map.get('a')).toBe(1);
    map.set('d', 4);
    expect(['a', 'b', 'c', 'd'].map(key => map.get(key))).toEqual([1, undefined, 3, 4]);
    expect([map.size, map.weight]).toEqual([3, 3]);
  });

  test('keeps nothing that is heavier than the bound, and forgets what it replaces', () => {
    const map = new Lru<string, number>(4);
    map.set('a', 1);
    map.set('a', 2, 5);
    expect([map.get('a'), map.size, map.weight]).toEqual([undefined, 0, 0]);
  });
});

/** Adds and reads at random, and says what was read last. */
function shuffle(map: Pick<Lru<string, string>, 'get' | 'set'>, keys: number, seed: number): string {
  let state = seed;
  let last = '';
  for (let step = 0; step < keys * 5; step++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const key = `k ${state % (keys * 2)}`;
    if (map.get(key) === undefined) map.set(key, key);
    else last = key;
  }
  return last;
}

describe('what was read last outlives three quarters of the others, in order or not', () => {
  test.each([1, 4, 5, 16, 100])('of %i', size => {
    for (let seed = 1; seed < 50; seed++) {
      const map = new Lru<string, string>(size);
      const last = shuffle(map, size, seed);
      for (let added = 0; added < Math.floor((size - 1) * 0.75); added++) map.set(`new ${added}`, '');
      if (last !== '') expect(map.get(last)).toBe(last);
    }
  });

  test('of those of a steady map that were read', () => {
    const map = new SteadyLru<string, string>(100);
    const read = Array.from({ length: 75 }, (_, index) => `read ${index}`);
    for (const key of read) map.set(key, key);
    for (const key of [...read, 'read 0']) map.get(key);
    for (let added = 0; added < 55; added++) {
      map.set(`new ${added}`, '');
      map.get(`new ${added}`);
    }
    for (let flood = 0; flood < 200; flood++) map.set(`flood ${flood}`, '');
    expect(map.get('read 0')).toBe('read 0');
    expect(map.get('read 1')).toBeUndefined();
  });
});
