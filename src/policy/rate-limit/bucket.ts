export type RateLimitAlgorithm = 'token-bucket' | 'leaky-bucket' | 'sliding-window' | 'fixed-window';

/** How it is counted: `sliding-window` is a log of takes while that is small, and two counters above. */
export type BucketMethod = 'token-bucket' | 'gcra' | 'sliding-log' | 'sliding-counter' | 'fixed-window';

export interface BucketLimit {
  /** The limit's name, as clients see it; one name is one limit. */
  readonly id: string;
  readonly algorithm: RateLimitAlgorithm;
  readonly limit: number;
  readonly windowMs: number;
  /** What a full token bucket or leaky bucket holds; null: the limit. Windows have none. */
  readonly burst: number | null;
}

/**
 * A limit, compiled. A unit is `scale` parts and a millisecond brings back `rate` parts, both whole numbers: what is
 * counted in parts never has to be rounded, so nothing drifts.
 */
export interface BucketPlan extends BucketLimit {
  /** Names the limit and its numbers: whoever changes these begins with full buckets. */
  readonly key: string;
  readonly method: BucketMethod;
  /** Units in a full bucket. More at once are never let through. */
  readonly capacity: number;
  readonly scale: number;
  readonly rate: number;
}

/** Whose bucket of which limit. */
export interface BucketName {
  readonly plan: BucketPlan;
  readonly owner: string;
}

/** What somebody wants of a bucket. */
export interface Bucket extends BucketName {
  /** A whole number, 0 or more. */
  readonly units: number;
  /**
   * Null: where this bucket refuses, nothing at all is taken. Otherwise the name of a part of the operation that can
   * be left out; its buckets are taken or left together, and refuse nobody else.
   */
  readonly part: string | null;
}

/** Parts are counted exactly up to here: differences of two such numbers are still whole in a double. */
export const MAX_PARTS = 2 ** 52;

/** A log of so many takes is what the exact sliding window costs for each owner, at most. */
const EXACT_LOG_UP_TO = 1_000;

const LONGEST_WINDOW_MS = 366 * 24 * 3_600_000;

/** @throws RangeError saying which number is wrong and what it may be. */
export function planBucket(limit: BucketLimit, exactLogUpTo = EXACT_LOG_UP_TO): BucketPlan {
  const { id, algorithm, windowMs, burst } = limit;
  if (!isWhole(limit.limit)) throw new RangeError('limit is not a whole number of 1 or more');
  if (!isWhole(windowMs)) throw new RangeError('window is not a whole number of milliseconds');
  if (windowMs > LONGEST_WINDOW_MS) throw new RangeError('window is longer than 366 days');
  if (burst !== null && !isWhole(burst)) throw new RangeError('burst is not a whole number of 1 or more');
  const hasBurst = algorithm === 'token-bucket' || algorithm === 'leaky-bucket';
  if (burst !== null && !hasBurst) {
    throw new RangeError(`burst means nothing to ${algorithm}; use token-bucket or leaky-bucket`);
  }
  const method = methodOf(limit, exactLogUpTo);
  const common = hasBurst ? greatestCommonDivisor(limit.limit, windowMs) : 1;
  const capacity = burst ?? limit.limit;
  const scale = windowMs / common;
  // Four times: two windows, each of which may be overdrawn once.
  if (capacity * scale * 4 > MAX_PARTS) {
    throw new RangeError(
      'limit and window together are too large to be counted exactly; use a shorter window',
    );
  }
  return Object.freeze({
    id,
    algorithm,
    limit: limit.limit,
    windowMs,
    burst,
    key: `${id}:${method}:${limit.limit}:${windowMs}:${capacity}`,
    method,
    capacity,
    scale,
    rate: limit.limit / common,
  });
}

function methodOf({ algorithm, limit }: BucketLimit, exactLogUpTo: number): BucketMethod {
  if (algorithm === 'leaky-bucket') return 'gcra';
  if (algorithm !== 'sliding-window') return algorithm;
  return limit <= exactLogUpTo ? 'sliding-log' : 'sliding-counter';
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
