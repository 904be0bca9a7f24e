import type { SpentBucket, SpentBuckets } from '../../http/admission.ts';
import { type Outcome, type TakenBucket, unitsAfter } from './admit.ts';
import type { TakenState } from './bucket-store.ts';

/** A limit by argument has as many buckets as a client writes values. */
const MOST_SHOWN = 100;

/**
 * What an operation spent of its buckets once what it came to is settled, as of when it was let in. Whose they are is
 * not said: an owner may be an address, or the hash of what others send.
 */
export function spentBuckets(taken: readonly TakenBucket[], outcome: Outcome): SpentBuckets {
  const shown = taken.slice(0, MOST_SHOWN);
  return {
    buckets: shown.map(one => spentBucket(one, outcome)),
    leftOut: taken.length - shown.length,
  };
}

function spentBucket(state: TakenBucket, outcome: Outcome): SpentBucket {
  const { bucket } = state;
  const { limit, pruned } = bucket;
  const units = state.isTaken ? (unitsAfter(bucket, outcome) ?? bucket.units) : 0;
  return {
    limit: limit.plan.id,
    algorithm: limit.plan.algorithm,
    units,
    remaining: remainingAfter(state, units),
    resetAfterMs: resetAfter(state, units),
    exceeded: !state.isAllowed,
    shadow: limit.shadow,
    pruned: pruned !== null && !state.isTaken,
  };
}

/** @param units what it spends after all */
export function remainingAfter({ bucket, remaining, isTaken }: TakenState, units: number): number {
  const before = isTaken ? bucket.units : 0;
  return Math.max(0, Math.min(bucket.plan.capacity, remaining + before - units));
}

/** Units of the two buckets come back at a rate; in windows they go with the take that they were of. */
function resetAfter(state: TakenState, units: number): number {
  const { bucket, isTaken, resetAfterMs } = state;
  const { method, scale, rate, capacity } = bucket.plan;
  if (remainingAfter(state, units) >= capacity) return 0;
  if (!isTaken || (method !== 'token-bucket' && method !== 'gcra')) return resetAfterMs;
  return Math.max(0, Math.ceil(resetAfterMs - ((bucket.units - units) * scale) / rate));
}
