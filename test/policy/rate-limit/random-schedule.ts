import {
  type BucketPlan,
  planBucket,
  type RateLimitAlgorithm,
} from '../../../src/policy/rate-limit/bucket.ts';

export type Random = () => number;

/** mulberry32: the same numbers for the same seed. */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const whole = (random: Random, from: number, to: number): number =>
  from + Math.floor(random() * (to - from + 1));

const ALGORITHMS: readonly RateLimitAlgorithm[] = [
  'token-bucket',
  'leaky-bucket',
  'sliding-window',
  'fixed-window',
];

/** Limits and windows that do not divide each other as well as those that do. */
export function randomPlan(random: Random, id: string): BucketPlan {
  const algorithm = ALGORITHMS[whole(random, 0, 3)] as RateLimitAlgorithm;
  const hasBurst = algorithm === 'token-bucket' || algorithm === 'leaky-bucket';
  // Now and then as large as can be counted, where a rounded digit would show.
  const isLarge = random() < 0.15;
  const limit = isLarge ? 9_999_991 : whole(random, 1, 40);
  const windowMs = isLarge ? 86_399_999 : whole(random, 30_000, 120_000);
  const burst = hasBurst && !isLarge && random() < 0.7 ? whole(random, 1, 60) : null;
  return planBucket({ id, algorithm, limit, windowMs, burst }, random() < 0.5 ? 1_000 : 0);
}

/** Bursts, pauses that end on the boundary of something, and long ones. */
export function randomPause(random: Random, { windowMs }: BucketPlan, at: number): number {
  const kind = random();
  if (kind < 0.4) return 0;
  if (kind < 0.8) return whole(random, 1, Math.ceil(windowMs / 10));
  if (kind < 0.9) return windowMs - (at % windowMs) - (kind < 0.85 ? 1 : 0);
  return whole(random, 1, 3 * windowMs);
}
