import { expect, test } from 'vitest';
import type { TakenBucket } from '../../../src/policy/rate-limit/admit.ts';
import { type Outcome, settlementsOf, verdictOf } from '../../../src/policy/rate-limit/admit.ts';
import { spentBuckets } from '../../../src/policy/rate-limit/spent.ts';
import { createMemoryStore } from '../../../src/policy/rate-limit/stores/memory-store.ts';
import { limitsOf } from './limits.ts';

const BEGIN = 1_700_000_000_000;

function takenOf(algorithm: string, estimates: readonly number[]) {
  let now = BEGIN;
  const store = createMemoryStore({ clock: { now: () => now, elapsed: () => now } });
  const points = { limit: 60, window: '1m', spend: 'cost', algorithm };
  const { bind } = limitsOf({ schema: 'type Query { a: Int }', rateLimit: { limits: { points } } });
  let taken: readonly TakenBucket[] = [];
  for (const estimate of estimates) {
    now += 1_500;
    const bound = bind('{ a }', { estimate });
    taken = verdictOf(store.takeNow(bound), { onExceeded() {} }).taken;
  }
  return { store, taken };
}

const CASES = ['token-bucket', 'leaky-bucket', 'sliding-window', 'fixed-window'].flatMap(algorithm =>
  [0, 7, 20, 35].map(actual => [algorithm, actual] as const),
);

test.each(CASES)(
  'what a %s is said to have left after %s points is what it has',
  async (algorithm, actual) => {
    const { store, taken } = takenOf(algorithm, [10, 20]);
    const outcome: Outcome = { isCached: false, cost: actual, calls: null };
    const [said] = spentBuckets(taken, outcome).buckets;
    const settlements = settlementsOf(taken, outcome);
    const names = taken.map(({ bucket }) => bucket);
    const [is] = settlements.length > 0 ? await store.settle(settlements) : await store.read(names);
    expect(said).toMatchObject({ units: actual, remaining: is?.remaining });
    // A window is said to be full a little late where all of the last take was given back.
    if (actual > 0) expect(said?.resetAfterMs).toBe(is?.resetAfterMs);
    else expect(said?.resetAfterMs).toBeGreaterThanOrEqual(is?.resetAfterMs ?? 0);
  },
);

test('of what nothing was spent but all given back the bucket is full', () => {
  const { taken } = takenOf('sliding-window', [10]);
  const [said] = spentBuckets(taken, { isCached: false, cost: 0, calls: null }).buckets;
  expect(said).toMatchObject({ units: 0, remaining: 60, resetAfterMs: 0 });
});

test('what was refused spent nothing', () => {
  const { taken } = takenOf('sliding-window', [50, 20]);
  const [said] = spentBuckets(taken, { isCached: false, cost: 20, calls: null }).buckets;
  expect(said).toMatchObject({ units: 0, remaining: 10, exceeded: true, pruned: false });
});

test('a hundred are shown, and the rest counted', () => {
  const { taken } = takenOf('sliding-window', [1]);
  const many = Array.from({ length: 130 }, () => taken[0] as TakenBucket);
  const { buckets, leftOut } = spentBuckets(many, { isCached: false, cost: 1, calls: null });
  expect([buckets.length, leftOut]).toEqual([100, 30]);
});
