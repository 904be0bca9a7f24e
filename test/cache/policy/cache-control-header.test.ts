import { describe, expect, test } from 'vitest';
import { type HeaderPolicy, readCacheControl } from '../../../src/cache/policy/cache-control-header.ts';
import type { CachePolicy } from '../../../src/cache/policy/cache-policy.ts';
import { withHeader } from '../../../src/cache/policy/merge-policies.ts';
import { createRandom, integer, pick, type Random } from '../../../subgraphs/shared/random.ts';
import { startOwnTime } from '../../support/own-time.ts';

/** `[maxAge, scope, staleWhileRevalidate, staleIfError]` in seconds, or null for what is not to be kept. */
function read(cacheControl: string | readonly string[], age?: string): readonly unknown[] | null {
  const header = readCacheControl(cacheControl, age);
  if (header === null || !header.isKeepable) return null;
  const { maxAgeMs, scope, staleWhileRevalidateMs, staleIfErrorMs } = header;
  const seconds = (ms: number | null) => (ms === null ? null : ms / 1_000);
  return [seconds(maxAgeMs), scope, seconds(staleWhileRevalidateMs), seconds(staleIfErrorMs)];
}

describe('a Cache-Control header', () => {
  test.each<[string | readonly string[], readonly unknown[] | null]>([
    ['max-age=60', [60, null, null, null]],
    ['public, max-age=60', [60, 'PUBLIC', null, null]],
    ['MAX-AGE="60" ,\tPrivate', [60, 'PRIVATE', null, null]],
    ['max-age=60, stale-while-revalidate=30, stale-if-error=600', [60, null, 30, 600]],
    ['max-age=0, s-maxage=60', [60, null, null, null]],
    ['max-age=5, s-maxage=60, private', [5, 'PRIVATE', null, null]],
    ['max-age=60, max-age=5', [5, null, null, null]],
    [
      ['max-age=60', 'private="x-user"'],
      [60, 'PRIVATE', null, null],
    ],
    ['max-age=60, must-revalidate, stale-if-error=600', [60, null, 0, 0]],
    ['max-age=60, proxy-revalidate', [60, null, 0, 0]],
    ['max-age=99999999999999999999', [31_536_000, null, null, null]],
    ['max-age=60, immutable, ext="a, no-store", other=1', [60, null, null, null]],
    [', ,max-age=60,', [60, null, null, null]],
    ['', [null, null, null, null]],
    ['no-store', null],
    ['max-age=60, NO-STORE', null],
    ['no-cache', null],
    ['no-cache="set-cookie", max-age=60', null],
    ['max-age=-1', null],
    ['max-age', null],
    ['max-age=1.5', null],
    ['max-age=60s', null],
    ['max-age = 60', null],
    ['max-age=60; public', null],
    ['max-age=60 public', null],
    ['max-age="60', null],
    ['max-age=6é', null],
    [`max-age=60, ${'x'.repeat(5_000)}`, null],
  ])('%j is read as a shared cache does', (header, expected) => {
    expect(read(header)).toEqual(expected);
  });

  test('that is not there says nothing', () => {
    expect(readCacheControl(undefined)).toBeNull();
  });

  test.each(['-1', 'soon', '', '1.5', '1, x'])('is not kept beside an Age of %j', age => {
    expect(read('max-age=60', age)).toBeNull();
  });
});

const DECLARED: CachePolicy = {
  maxAgeMs: 60_000,
  scope: 'PUBLIC',
  staleWhileRevalidateMs: 30_000,
  staleIfErrorMs: 600_000,
};

describe('a declared policy with a header', () => {
  test.each<[string, string | undefined, Partial<CachePolicy> | null]>([
    ['max-age=10', undefined, { maxAgeMs: 10_000 }],
    ['max-age=90', undefined, {}],
    ['max-age=90', '50', { maxAgeMs: 10_000 }],
    ['public', '50', { maxAgeMs: 10_000 }],
    ['max-age=60', '60', null],
    ['max-age=0', undefined, null],
    ['private', undefined, { scope: 'PRIVATE' }],
    [
      'max-age=50, stale-while-revalidate=5, stale-if-error=9999',
      undefined,
      { maxAgeMs: 50_000, staleWhileRevalidateMs: 5_000 },
    ],
    ['must-revalidate', undefined, { staleWhileRevalidateMs: 0, staleIfErrorMs: 0 }],
    ['no-store', undefined, null],
  ])('%s (Age: %s): the stricter holds', (header, age, expected) => {
    const merged = withHeader(DECLARED, readCacheControl(header, age));
    expect(merged).toEqual(expected === null ? null : { ...DECLARED, ...expected });
  });

  test('keeps what is declared without one, and nothing that is not declared', () => {
    expect(withHeader(DECLARED, readCacheControl(undefined))).toBe(DECLARED);
    expect(withHeader(null, readCacheControl('public, max-age=600'))).toBeNull();
  });
});

describe('any text', () => {
  const PIECES = [
    'max-age=',
    's-maxage=',
    'private',
    'public',
    'no-store',
    'no-cache',
    'stale-while-revalidate=',
    'stale-if-error=',
    'must-revalidate',
    '0',
    '5',
    '60',
    '99999999999',
    '"',
    '\\',
    ',',
    ' ',
    '\t',
    '=',
    ';',
    '-',
    'é',
    '\u0000',
    '\ud800',
    'x',
  ];

  const text = (random: Random): string =>
    Array.from({ length: integer(random, 0, 12) }, () => pick(random, PIECES)).join(
      pick(random, ['', ',', ', ']),
    );

  const policy = (random: Random): CachePolicy => ({
    maxAgeMs: pick(random, [1, 5_000, 60_000, 31_536_000_000]),
    scope: pick(random, ['PUBLIC', 'PRIVATE'] as const),
    staleWhileRevalidateMs: pick(random, [0, 5_000, 60_000]),
    staleIfErrorMs: pick(random, [0, 5_000, 60_000]),
  });

  function assertNoLooser(merged: CachePolicy, declared: CachePolicy, header: HeaderPolicy): void {
    const { maxAgeMs, scope } = merged;
    const place = JSON.stringify({ merged, declared, header });
    expect(maxAgeMs > 0 && maxAgeMs <= declared.maxAgeMs - header.ageMs, place).toBe(true);
    expect(maxAgeMs <= (header.maxAgeMs ?? Number.POSITIVE_INFINITY) - header.ageMs, place).toBe(true);
    if (declared.scope === 'PRIVATE' || header.scope === 'PRIVATE') expect(scope, place).toBe('PRIVATE');
    for (const name of ['staleWhileRevalidateMs', 'staleIfErrorMs'] as const) {
      expect(merged[name] >= 0 && merged[name] <= declared[name], place).toBe(true);
      const said = header[name];
      if (said === null) continue;
      const headerEnd = (header.maxAgeMs ?? declared.maxAgeMs) + said - header.ageMs;
      expect(merged[name] <= said && maxAgeMs + merged[name] <= headerEnd, place).toBe(true);
    }
  }

  test('is read without throwing, and what is merged is no more permissive than either', () => {
    const random = createRandom(11);
    let kept = 0;
    for (let run = 0; run < 20_000; run++) {
      const header = readCacheControl(text(random), random() < 0.3 ? text(random) : undefined);
      const declared = policy(random);
      const merged = withHeader(declared, header);
      if (merged === null || header === null) continue;
      kept += 1;
      assertNoLooser(merged, declared, header);
    }
    expect(kept).toBeGreaterThan(1_000);
  });

  test('takes no long time to be refused', () => {
    using time = startOwnTime();
    for (const piece of [' ', '\t', ',', '"\\', 'a=', '"'])
      readCacheControl(`max-age=1${piece.repeat(4_000 / piece.length)}\u0000`);
    expect(time.ms).toBeLessThan(200);
  });
});
