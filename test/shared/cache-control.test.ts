import { describe, expect, test } from 'vitest';
import { parseCacheControl, printCacheControl, strictest } from '../../src/shared/cache-control.ts';

const printed = (text: string): string | null => {
  const control = parseCacheControl(text);
  return control === null ? null : printCacheControl(control);
};

describe('a cache-control is read as', () => {
  test.each([
    ['public, max-age=60', 'public, max-age=60'],
    ['MAX-AGE=60 ,Public', 'public, max-age=60'],
    ['max-age=60, s-maxage=30', 'max-age=30'],
    ['s-maxage=30', 'max-age=30'],
    ['max-age=60, max-age=5', 'max-age=5'],
    ['max-age="60"', 'max-age=60'],
    ['public, private', 'private'],
    ['private="x-a, x-b", max-age=1', 'private, max-age=1'],
    ['no-cache="set-cookie"', 'no-cache'],
    ['no-cache="a, max-age=5", max-age=60', 'max-age=60, no-cache'],
    ['max-age=1, x="\\", public"', 'max-age=1'],
    ['max-age=9, x="y, public', 'no-store'],
    ['max-age=1, proxy-revalidate', 'max-age=1, must-revalidate'],
    ['max-age=9, no-store', 'no-store'],
    ['max-age=', 'max-age=0'],
    ['max-age=-1', 'max-age=0'],
    ['max-age=1e9', 'max-age=0'],
    ['max-age=12345678901', 'max-age=0'],
    ['stale-while-revalidate=5', null],
    ['', null],
  ])('%j', (text, expected) => {
    expect(printed(text)).toBe(expected);
  });
});

describe('of two the strictest is', () => {
  test.each([
    ['public, max-age=60', 'public, max-age=30', 'public, max-age=30'],
    ['public, max-age=60', 'private', 'private, max-age=60'],
    ['public, max-age=60', 'max-age=90', 'max-age=60'],
    ['public', 'no-store', 'no-store'],
    ['public, max-age=60', 'no-cache', 'max-age=60, no-cache'],
    ['max-age=60, must-revalidate', 'max-age=70', 'max-age=60, must-revalidate'],
  ])('%s and %s', (one, other, expected) => {
    const [a, b] = [parseCacheControl(one), parseCacheControl(other)];
    if (a === null || b === null) throw new Error('unreadable');
    expect(printCacheControl(strictest(a, b))).toBe(expected);
    expect(strictest(b, a)).toEqual(strictest(a, b));
  });
});
