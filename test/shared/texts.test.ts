import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseBytes } from '../../src/shared/bytes.ts';
import { parseDuration } from '../../src/shared/duration.ts';
import { formatTimeLeft } from '../../src/shared/format-time-left.ts';
import { sha256 } from '../../src/shared/hash.ts';
import { inflateBody } from '../../src/shared/inflate.ts';
import { parseListenAddress } from '../../src/shared/listen-address.ts';
import { nearest } from '../../src/shared/nearest.ts';
import { nearestCoordinate } from '../../src/shared/nearest-coordinate.ts';
import { randomId } from '../../src/shared/random-id.ts';

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['5s', 5_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
  test.each(['', '5', 's', '-5s', '5 s', '5S', '1e3s', '.5s', '5.s', '5s5s', ' 5s', '5s\n', '٥s'])(
    '%j is none',
    text => {
      expect(() => parseDuration(text)).toThrow(RangeError);
    },
  );
});

describe('sizes', () => {
  test.each([
    ['512B', 512],
    ['64KiB', 65_536],
    ['32 MiB', 33_554_432],
    ['1GiB', 1_073_741_824],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });
  test.each(['', '5', '5KB', '5kib', '1.5MiB', '-1B', '5MiB\n', '0x5B'])('%j is none', text => {
    expect(() => parseBytes(text)).toThrow(RangeError);
  });
});

describe('addresses to listen on', () => {
  test.each([
    ['127.0.0.1:4000', '127.0.0.1', 4000],
    ['localhost:0', 'localhost', 0],
    ['[::1]:80', '::1', 80],
    ['0.0.0.0:65535', '0.0.0.0', 65_535],
  ])('%s is read', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });
  test.each([
    '',
    '4000',
    ':4000',
    'host:',
    'host:65536',
    'host:123456',
    '::1:80',
    '[::1]',
    'http://host:80',
    'a b:80',
    'host:-1',
    'host:80\n',
  ])('%j is none', text => {
    expect(() => parseListenAddress(text)).toThrow(RangeError);
  });
});

describe('the nearest word', () => {
  const words = ['timeout', 'deadline', 'connections', 'url'];
  test.each([
    ['timout', 'timeout'],
    ['TimeOut', 'timeout'],
    ['dedlnie', 'deadline'],
    ['conection', 'connections'],
    ['ur', 'url'],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, words)).toBe(expected);
  });
  test.each(['somethingElse', 'breakers', ''])('to %j is none of them', word => {
    expect(nearest(word, words.slice(0, 3))).toBeUndefined();
  });
  test('of none is none', () => expect(nearest('a', [])).toBeUndefined());
});

describe('the nearest coordinate', () => {
  const coordinates = ['Product', 'Product.id', 'Product.reviews', 'Query.search(text:)', 'User.name'];
  test.each([
    ['Product.review', 'Product.reviews'],
    ['Prodct.id', 'Product.id'],
    ['Prodct', 'Product'],
    ['Query.search(txt:)', 'Query.search(text:)'],
  ])('to %s is %s', (word, expected) => {
    expect(nearestCoordinate(word, coordinates)).toBe(expected);
  });
  test.each(['User.avatar', 'Product.stock'])('to %s is none, though the type is there', word => {
    expect(nearestCoordinate(word, coordinates)).toBeUndefined();
  });
});

describe('times that are left', () => {
  test.each([
    [599_724, '10m'],
    [5_608, '6s'],
    [59_729, '1m'],
    [999.2, '1s'],
    [1, '1ms'],
  ])('of %d ms are %s', (ms, expected) => {
    expect(formatTimeLeft(ms)).toBe(expected);
  });
});

describe('bodies', () => {
  const body = Buffer.from('x'.repeat(1_000));
  test('are inflated up to the bound, and not a byte beyond', async () => {
    expect(await inflateBody(gzipSync(body), ' GZip ', 1_000)).toEqual(body);
    await expect(inflateBody(gzipSync(body), 'gzip', 999)).rejects.toThrow(RangeError);
  });
  test.each(['', 'zip', 'gzip, gzip', 'constructor'])('in the encoding %j are refused', async encoding => {
    await expect(inflateBody(body, encoding, 1_000)).rejects.toThrow(RangeError);
  });
  test.each(['gzip', 'deflate', 'br'])('that only claim to be %s are refused', async encoding => {
    await expect(inflateBody(body, encoding, 1_000)).rejects.toThrow();
  });
});

test('ids are 32 hex digits that do not come again', () => {
  const ids = Array.from({ length: 2_000 }, randomId);
  expect(new Set(ids).size).toBe(2_000);
  expect(ids.every(id => /^[0-9a-f]{32}$/.test(id))).toBe(true);
});

test('hashes are those of SHA-256', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
