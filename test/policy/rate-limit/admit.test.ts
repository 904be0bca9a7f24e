import { describe, expect, test, vi } from 'vitest';
import { admit, type RateLimitVerdict, settlementsOf } from '../../../src/policy/rate-limit/admit.ts';
import { rateLimitHeaders } from '../../../src/policy/rate-limit/headers.ts';
import { createMemoryStore } from '../../../src/policy/rate-limit/stores/memory-store.ts';
import { type Asked, limitsOf, type Written } from './limits.ts';

const BEGIN = 1_000_000_000_000;

function setUp(written: Written) {
  let now = BEGIN;
  const clock = { now: () => now, elapsed: () => now };
  const store = createMemoryStore({ clock });
  const { bind } = limitsOf(written);
  const exceeded = vi.fn();
  return {
    store,
    exceeded,
    ask: (query: string, asked?: Asked) =>
      admit(bind(query, asked), store, { onExceeded: ({ limit }) => exceeded(limit.plan.id) }),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const of = (limits: Record<string, unknown>, schema = 'type Query { a: Int b: Int }'): Written => ({
  schema,
  rateLimit: { limits },
});

const headersOf = ({ told, refusedBy }: RateLimitVerdict) =>
  Object.fromEntries(rateLimitHeaders(told, refusedBy !== null));

describe('headers', () => {
  test('tell of the tightest bucket, and when to come back only where the operation is refused', async () => {
    const { ask, pass } = setUp(
      of({ wide: { limit: 100, window: '1h' }, narrow: { limit: 2, window: '10s' } }),
    );
    expect(headersOf(await ask('{ a }'))).toEqual({
      'ratelimit-policy': '"narrow";q=2;w=10',
      ratelimit: '"narrow";r=1;t=10',
    });
    await ask('{ a }');
    pass(3_500);
    const refused = await ask('{ a }');
    expect(refused).toMatchObject({ refusedBy: 'narrow', retryAfterMs: 6_500 });
    expect(headersOf(refused)).toEqual({
      'ratelimit-policy': '"narrow";q=2;w=10',
      ratelimit: '"narrow";r=0;t=7',
      'retry-after': '7',
    });
  });

  test('name no wait where the operation is larger than the bucket', async () => {
    const { ask } = setUp(of({ points: { limit: 10, window: '1m', spend: 'cost' } }));
    const refused = await ask('{ a }', { estimate: 11 });
    expect(refused).toMatchObject({ refusedBy: 'points', retryAfterMs: null });
    expect(headersOf(refused)).not.toHaveProperty('retry-after');
  });

  test('are none where nothing is limited', async () => {
    const { ask } = setUp(of({}));
    expect(headersOf(await ask('{ a }'))).toEqual({});
  });
});

test('a refused operation spends nothing of any bucket', async () => {
  const { ask } = setUp(
    of({
      all: { limit: 2, window: '1m' },
      b: { limit: 1, window: '1m', for: { coordinates: ['Query.b'] } },
    }),
  );
  expect((await ask('{ b }')).refusedBy).toBe(null);
  for (let i = 0; i < 5; i++) expect((await ask('{ b }')).refusedBy).toBe('b');
  expect((await ask('{ a }')).refusedBy).toBe(null);
  expect((await ask('{ a }')).refusedBy).toBe('all');
});

test('a field that may be left out is, with every place at which it stands, and the rest is spent', async () => {
  const { ask, exceeded } = setUp({
    schema:
      'type Query { a: Int b: Int @rateLimit(limit: 1, window: "1m", onExceeded: "prune") @rateLimit(limit: 9, window: "1h", onExceeded: "prune") }',
    rateLimit: { limits: { all: { limit: 10, window: '1m' } } },
  });
  expect((await ask('{ b }')).pruned.size).toBe(0);
  const verdict = await ask('{ a b ...F } fragment F on Query { b x: b }');
  expect(verdict.refusedBy).toBe(null);
  expect([...verdict.pruned].map(([node, limit]) => [node.alias?.value ?? node.name.value, limit])).toEqual(
    [
      ['b', '@Query.b'],
      ['b', '@Query.b'],
      ['x', '@Query.b'],
    ].sort(),
  );
  expect(headersOf(verdict)).not.toHaveProperty('retry-after');
  // The second limit of the field let it go with the first: 1 of 9 is spent.
  const hourly = verdict.taken.find(({ bucket }) => bucket.plan.id === '@Query.b#2');
  expect(hourly).toMatchObject({ isTaken: false, remaining: 8 });
  expect(exceeded.mock.calls).toEqual([['@Query.b']]);
});

test('a shadow limit is told of, refuses nobody, and shows nowhere', async () => {
  const { ask, exceeded } = setUp(
    of({ s: { limit: 1, window: '1m', shadow: true }, r: { limit: 10, window: '1m' } }),
  );
  await ask('{ a }');
  const verdict = await ask('{ a }');
  expect(verdict.refusedBy).toBe(null);
  expect(verdict.pruned.size).toBe(0);
  expect(exceeded.mock.calls).toEqual([['s']]);
  expect(headersOf(verdict)['ratelimit']).toBe('"r";r=8;t=60');
});

test('a limit that refuses in several buckets of one request is told of once', async () => {
  const { ask, exceeded } = setUp({
    schema: 'type Query { a(id: Int): Int @rateLimit(limit: 1, window: "1m", by: ["arg:id"]) }',
  });
  await ask('{ a(id: 1) b: a(id: 2) }');
  expect((await ask('{ a(id: 1) b: a(id: 2) }')).refusedBy).toBe('@Query.a');
  expect(exceeded.mock.calls).toEqual([['@Query.a']]);
});

describe('settling', () => {
  const points = { limit: 100, window: '1m', spend: 'cost', algorithm: 'token-bucket' };

  test('gives back what was estimated too much, and charges what was too little, of cost alone', async () => {
    const { ask, store } = setUp(of({ points, count: { limit: 10, window: '1m' } }));
    const { taken } = await ask('{ a }', { estimate: 40 });
    await store.settle(settlementsOf(taken, { isCached: false, cost: 15, calls: null }));
    const next = await ask('{ a }', { estimate: 1 });
    expect(next.taken.map(({ remaining }) => remaining)).toEqual([84, 8]);
    const charged = settlementsOf(next.taken, { isCached: false, cost: 30, calls: null });
    expect(charged.map(({ units }) => units)).toEqual([-29]);
    expect(settlementsOf(next.taken, { isCached: false, cost: Number.NaN, calls: null })).toEqual([]);
  });

  test('makes a cached answer cost the same whatever it would have', async () => {
    const { ask } = setUp(of({ points, count: { limit: 10, window: '1m' } }));
    const { taken } = await ask('{ a }', { estimate: 40 });
    expect(settlementsOf(taken, { isCached: true, units: 1 }).map(({ units }) => units)).toEqual([39]);
    expect(settlementsOf(taken, { isCached: true, units: 0 }).map(({ units }) => units)).toEqual([40, 1]);
  });

  test('does nothing where nothing was taken', async () => {
    const { ask } = setUp(of({ points }));
    const { taken } = await ask('{ a }', { estimate: 101 });
    expect(settlementsOf(taken, { isCached: false, cost: 5, calls: null })).toEqual([]);
  });
});
