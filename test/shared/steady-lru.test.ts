import { describe, expect, test } from 'vitest';
import { SteadyLru } from '../../src/shared/steady-lru.ts';

const keysOf = (map: SteadyLru<string, string>, keys: readonly string[]): string[] =>
  keys.filter(key => map.get(key) !== undefined);

describe('a steady map', () => {
  test('lets a flood of entries that nobody reads push out nothing but itself', () => {
    const map = new SteadyLru<string, string>(8);
    for (const key of ['a', 'b', 'c']) map.set(key, key);
    keysOf(map, ['a', 'b', 'c']);
    for (let index = 0; index < 100; index++) map.set(`flood ${index}`, '');
    expect(map.size).toBe(8);
    expect(keysOf(map, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
  });

  test('leaves room for newcomers, however many entries have been read', () => {
    const map = new SteadyLru<string, string>(8);
    const old = Array.from({ length: 8 }, (_, index) => `old ${index}`);
    for (const key of old) map.set(key, key);
    keysOf(map, old);
    map.set('new', 'new');
    map.set('newer', 'newer');
    expect(keysOf(map, ['new', 'newer', 'old 7', 'old 0'])).toEqual(['new', 'newer', 'old 7']);
    expect(map.size).toBeLessThanOrEqual(8);
  });

  test('forgets the least recently read of those that were read when there is nothing else', () => {
    const map = new SteadyLru<string, string>(2);
    for (const key of ['a', 'b']) map.set(key, key);
    keysOf(map, ['b', 'a', 'b']);
    map.set('c', 'c');
    expect(map.get('a')).toBeUndefined();
    expect(keysOf(map, ['b', 'c'])).toEqual(['b', 'c']);
  });

  test('counts what entries weigh, and a heavy one as a quarter at most', () => {
    const map = new SteadyLru<string, string>(8);
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) map.set(key, key);
    map.weigh('h', 'h', 100);
    expect(keysOf(map, ['a', 'b', 'h'])).toEqual(['b', 'h']);
    // Somebody else's entry by now.
    map.weigh('h', 'another', 1);
    map.set('i', 'i');
    expect(map.size).toBe(7);
  });

  test('keeps its bound whatever is done to it', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (const max of [1, 2, 3, 10]) {
      const map = new SteadyLru<string, string>(max);
      for (let step = 0; step < 5_000; step++) {
        const key = String(random(20));
        if (random(3) === 0) map.set(key, key);
        else if (random(2) === 0) map.weigh(key, key, 1 + random(4));
        else map.get(key);
        expect(map.size).toBeLessThanOrEqual(max);
      }
      map.set('last', 'last');
      expect(map.get('last')).toBe('last');
    }
  });
});
