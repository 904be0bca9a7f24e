import { expect, test } from 'vitest';
import { chooseCoding } from '../../src/http/accept-encoding.ts';

test.each<[string | undefined, string | null]>([
  [undefined, null],
  ['', null],
  ['identity', null],
  ['deflate', null],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['br', 'br'],
  ['gzip, deflate, br', 'br'],
  ['gzip;q=1, br;q=0.5', 'gzip'],
  ['gzip;q=0.5, br;q=0.5', 'br'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*;q=0', null],
  ['br;q=0, *', 'gzip'],
  ['gzip;q=0, br;q=0, *', null],
  ['identity, gzip;q=0.5', null],
  ['identity;q=0.1, gzip;q=0.5', 'gzip'],
  ['identity;q=0, gzip;q=0.5', 'gzip'],
  ['gzip;q=nonsense', null],
])('accept-encoding: %s is served with %s', (header, expected) => {
  expect(chooseCoding(header)).toBe(expected);
});
