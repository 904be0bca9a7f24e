import type { Clock } from '../../../shared/clock.ts';
import type { Bucket, BucketName, BucketPlan } from '../bucket.ts';
import {
  type BucketState,
  type BucketStore,
  checkSettlements,
  checkUnits,
  type Settlement,
  type TakenState,
  type TakeResult,
} from '../bucket-store.ts';
import { decide } from './decide.ts';
import { type HeldBucket, HeldBuckets } from './held-buckets.ts';

/** Nothing here waits for anything, so the path of every request need not either. */
export interface MemoryBucketStore extends BucketStore {
  takeNow<B extends Bucket>(buckets: readonly B[]): TakeResult<B>;
  settleNow(settlements: readonly Settlement[]): void;
  readonly bytes: number;
}

interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly maxBytes?: number;
  readonly onForgotten?: (plan: BucketPlan) => void;
}

const MAX_BYTES = 64 * 1024 * 1024;

/** Buckets of one process. One call is one step: nobody else sees anything in between. */
export function createMemoryStore(options: MemoryStoreOptions): MemoryBucketStore {
  const { clock, maxBytes = MAX_BYTES, onForgotten = () => {} } = options;
  const held = new HeldBuckets({ maxBytes, onForgotten });
  const takeNow = <B extends Bucket>(buckets: readonly B[]): TakeResult<B> =>
    takeFrom(held, buckets, clock.now());
  const settleNow = (settlements: readonly Settlement[]): void => settleIn(held, settlements, clock.now());
  return {
    takeNow,
    settleNow,
    take: async buckets => takeNow(buckets),
    async settle(settlements) {
      settleNow(settlements);
      return settlements.map(({ bucket }) => stateOf(held, bucket, clock.now()));
    },
    read: async buckets => buckets.map(bucket => stateOf(held, bucket, clock.now())),
    reset: async buckets => {
      for (const bucket of buckets) held.drop(bucket);
    },
    close: async () => {},
    get bytes() {
      return held.bytes;
    },
  };
}

function takeFrom<B extends Bucket>(held: HeldBuckets, buckets: readonly B[], now: number): TakeResult<B> {
  checkUnits(buckets);
  const asked = findAll(held, buckets, now);
  const { isTaken, lacking, leftOut } = decide(buckets, asked);
  // Before anything is spent, as what lacks counts what others of this take want.
  const waits = lacking?.map((wanted, i) => {
    if (wanted === 0) return 0;
    if (wanted > (buckets[i] as Bucket).plan.capacity) return null;
    return (asked[i] as HeldBucket).meter.waitFor(wanted, now);
  });
  for (const one of asked) spendPending(held, one, now);
  // Made as long as it will be: one that grows takes three times the room.
  const states = new Array<TakenState<B>>(buckets.length);
  for (let i = 0; i < buckets.length; i++) {
    const bucket = buckets[i] as B;
    const { meter, available } = asked[i] as HeldBucket;
    states[i] = {
      bucket,
      at: now,
      isAllowed: lacking === null || lacking[i] === 0,
      isTaken: isTaken && (bucket.part === null || !leftOut.has(bucket.part)),
      remaining: Math.max(0, available),
      resetAfterMs: meter.fullAfter(now),
      retryAfterMs: waits === undefined ? 0 : (waits[i] as number | null),
    };
  }
  return { isTaken, states };
}

function spendPending(held: HeldBuckets, one: HeldBucket, now: number): void {
  if (one.pending === 0) return;
  one.meter.spend(one.pending, now);
  // Whole units are what every algorithm takes from what it had.
  one.available -= one.pending;
  one.pending = 0;
  held.keep(one, now);
}

/** The same object wherever the same bucket is asked for, also where it is new. */
function findAll(held: HeldBuckets, buckets: readonly Bucket[], now: number): readonly HeldBucket[] {
  const all = new Array<HeldBucket>(buckets.length);
  let fresh: Map<string, HeldBucket> | null = null;
  for (let i = 0; i < buckets.length; i++) {
    const bucket = buckets[i] as Bucket;
    let found = held.find(bucket);
    if (!found.isKept && buckets.length > 1) {
      const key = `${bucket.plan.key} ${bucket.owner}`;
      fresh ??= new Map();
      const known = fresh.get(key);
      if (known === undefined) fresh.set(key, found);
      else found = known;
    }
    found.available = found.meter.available(now);
    all[i] = found;
  }
  return all;
}

function settleIn(held: HeldBuckets, settlements: readonly Settlement[], now: number): void {
  checkSettlements(settlements);
  for (const { bucket, units, takenAt } of settlements) {
    const one = held.find(bucket);
    one.meter.amend(units, takenAt, now);
    // What was full and was given something back is still full.
    if (one.isKept || one.meter.fullAfter(now) > 0) held.keep(one, now);
  }
}

function stateOf(held: HeldBuckets, bucket: BucketName, now: number): BucketState {
  const { meter } = held.find(bucket);
  const remaining = Math.max(0, meter.available(now));
  return { bucket, remaining, resetAfterMs: meter.fullAfter(now) };
}
