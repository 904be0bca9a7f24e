import { expect, test } from 'vitest';
import { type Bucket, type BucketPlan, planBucket } from '../../../../src/policy/rate-limit/bucket.ts';
import { createMemoryStore } from '../../../../src/policy/rate-limit/stores/memory-store.ts';

const MAX_BYTES = 100_000;

function useMemory() {
  let now = 1_000_000_000_000;
  const forgotten: string[] = [];
  const clock = { now: () => now, elapsed: () => now };
  const onForgotten = ({ id }: BucketPlan): void => {
    forgotten.push(id);
  };
  const store = createMemoryStore({ clock, maxBytes: MAX_BYTES, onForgotten });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { store, forgotten, pass };
}

const plan = (id: string, parts: { limit?: number; windowMs?: number } = {}): BucketPlan =>
  planBucket({ id, algorithm: 'sliding-window', limit: 10, windowMs: 60_000, burst: null, ...parts });
const of = (of: BucketPlan, owner: string, units = 1): Bucket => ({ plan: of, owner, units, part: null });

test('a flood of owners is bounded, and says what it made others forget', () => {
  const { store, forgotten } = useMemory();
  const login = plan('login');
  for (let i = 0; i < 10_000; i++) store.takeNow([of(login, `address-${i}`)]);
  expect(store.bytes).toBeLessThanOrEqual(MAX_BYTES);
  expect(store.bytes).toBeGreaterThan(MAX_BYTES * 0.9);
  expect(forgotten.length).toBeGreaterThan(9_000);
});

test('a flood on one limit makes no bucket of another forgotten', () => {
  const { store, forgotten } = useMemory();
  const [login, search] = [plan('login'), plan('search')];
  for (let i = 0; i < 50; i++) store.takeNow([of(search, `u-${i}`, 10)]);
  for (let i = 0; i < 10_000; i++) store.takeNow([of(login, `address-${i}`)]);
  expect(new Set(forgotten)).toEqual(new Set(['login']));
  for (let i = 0; i < 50; i++) expect(store.takeNow([of(search, `u-${i}`)]).isTaken).toBe(false);
});

test('who asks again and again is not forgotten, whoever else comes', () => {
  const { store } = useMemory();
  const login = plan('login', { limit: 1_000 });
  for (let i = 0; i < 1_000; i++) {
    expect(store.takeNow([of(login, 'one')]).isTaken).toBe(true);
    for (let n = 0; n < 5; n++) store.takeNow([of(login, `address-${i}-${n}`)]);
  }
  expect(store.takeNow([of(login, 'one')]).isTaken).toBe(false);
});

test('full buckets go first, unsaid, and all by themselves as others come', () => {
  const { store, forgotten, pass } = useMemory();
  const login = plan('login');
  for (let i = 0; i < 10_000; i++) {
    store.takeNow([of(login, `address-${i}`)]);
    // Some 120 have taken in the last window: far fewer than fit.
    pass(500);
  }
  expect(forgotten).toEqual([]);
  expect(store.bytes).toBeLessThan(MAX_BYTES * 0.6);
});

test('what is left of a limit that nobody comes to any more goes while others come', () => {
  const { store, pass } = useMemory();
  const [old, current] = [plan('old'), plan('current')];
  for (let i = 0; i < 100; i++) store.takeNow([of(old, `u-${i}`)]);
  pass(60_000);
  for (let i = 0; i < 200; i++) store.takeNow([of(current, `u-${i}`)]);
  const { bytes } = store;
  const alone = useMemory().store;
  for (let i = 0; i < 200; i++) alone.takeNow([of(current, `u-${i}`)]);
  expect(bytes).toBe(alone.bytes);
});

test('of those that are not full, what has least to forget goes', () => {
  const { store } = useMemory();
  const login = plan('login');
  store.takeNow([of(login, 'guilty', 10)]);
  const bucket = planBucket({ id: 'b', algorithm: 'token-bucket', limit: 10, windowMs: 60_000, burst: null });
  store.takeNow([of(bucket, 'guilty', 10)]);
  for (let i = 0; i < 1_000; i++) store.takeNow([of(bucket, `innocent-${i}`)]);
  expect(store.takeNow([of(bucket, 'guilty')]).isTaken).toBe(false);
});

test('logs count by their length', () => {
  const { store, pass } = useMemory();
  const long = plan('long', { limit: 1_000, windowMs: 3_600_000 });
  for (let i = 0; i < 500; i++) {
    store.takeNow([of(long, 'one')]);
    pass(1);
  }
  expect(store.bytes).toBeGreaterThan(500 * 16);
});

test('questions and refusals make no buckets', async () => {
  const { store } = useMemory();
  const [wide, narrow] = [plan('wide'), plan('narrow')];
  store.takeNow([of(narrow, 'u-1', 10)]);
  const { bytes } = store;
  await store.read([of(wide, 'u-2')]);
  store.takeNow([of(wide, 'u-2', 0)]);
  expect(store.takeNow([of(wide, 'u-2'), of(narrow, 'u-1')]).isTaken).toBe(false);
  store.settleNow([{ bucket: of(wide, 'u-2'), units: 5, takenAt: 1_000_000_000_000 }]);
  expect(store.bytes).toBe(bytes);
  await store.reset([of(narrow, 'u-1')]);
  expect(store.bytes).toBe(0);
});
