import { expect, test } from 'vitest';
import { type BucketLimit, planBucket } from '../../../src/policy/rate-limit/bucket.ts';
import type { TakenState } from '../../../src/policy/rate-limit/bucket-store.ts';
import { rateLimitHeaders } from '../../../src/policy/rate-limit/headers.ts';

type Told = Partial<Omit<TakenState, 'bucket'>>;

function state(limit: Partial<BucketLimit>, told: Told = {}): TakenState {
  const plan = planBucket({
    id: 'x',
    algorithm: 'token-bucket',
    limit: 100,
    windowMs: 60_000,
    burst: null,
    ...limit,
  });
  const bucket = { plan, owner: '', units: 1, part: null };
  const free = { at: 0, isAllowed: true, isTaken: true, remaining: 50, resetAfterMs: 0, retryAfterMs: 0 };
  return { ...free, ...told, bucket };
}

const refusal = (id: string, retryAfterMs: number | null): TakenState =>
  state({ id }, { isAllowed: false, isTaken: false, remaining: 0, retryAfterMs });

test('the bucket of which the smallest part is left is told of', () => {
  const headers = rateLimitHeaders(
    [
      state({ id: 'a' }, { remaining: 40 }),
      state({ id: 'b', limit: 1_000 }, { remaining: 90, resetAfterMs: 12_001 }),
    ],
    false,
  );
  expect(Object.fromEntries(headers)).toEqual({
    'ratelimit-policy': '"b";q=1000;w=60',
    ratelimit: '"b";r=90;t=13',
  });
});

test('of those that refuse the longest wait counts, and waiting is at least a second', () => {
  const states = [refusal('a', 1), state({ id: 'b' }), refusal('c', 2_001)];
  for (const inSomeOrder of [states, states.toReversed()]) {
    const headers = rateLimitHeaders(inSomeOrder, true);
    expect(headers.get('ratelimit')).toBe('"c";r=0;t=3');
    expect(headers.get('retry-after')).toBe('3');
  }
  expect(rateLimitHeaders([refusal('a', 0)], true).get('retry-after')).toBe('1');
});

test('no wait is told where one of them will never allow it', () => {
  const states = [refusal('a', 5_000), refusal('b', null)];
  for (const inSomeOrder of [states, states.toReversed()]) {
    const headers = rateLimitHeaders(inSomeOrder, true);
    expect(headers.get('ratelimit')).toBe('"b";r=0');
    expect(headers.has('retry-after')).toBe(false);
  }
});

test('one that refuses is told of before one of which less is left', () => {
  const states = [state({ id: 'a' }, { remaining: 1 }), { ...refusal('b', 1_000), remaining: 5 }];
  for (const inSomeOrder of [states, states.toReversed()])
    expect(rateLimitHeaders(inSomeOrder, true).get('ratelimit')).toBe('"b";r=5;t=1');
});

test.each([
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['naïve\r\nset-cookie: x', '"na?ve??set-cookie: x"'],
  ['💧', '"?"'],
])('a name is a structured string: %j', (id, written) => {
  expect(rateLimitHeaders([state({ id })], false).get('ratelimit')).toBe(`${written};r=50;t=0`);
});

test('a bucket in debt has nothing left, not less', () => {
  expect(rateLimitHeaders([state({}, { remaining: -7 })], false).get('ratelimit')).toBe('"x";r=0;t=0');
});
