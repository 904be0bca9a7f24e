import type { Bucket, BucketName } from './bucket.ts';

/** A bucket after what was asked of the store has been done. */
export interface BucketState {
  readonly bucket: BucketName;
  /** Whole units that can be taken now. */
  readonly remaining: number;
  /** When the bucket is full again if nobody takes from it. */
  readonly resetAfterMs: number;
}

export interface TakenState<B extends Bucket = Bucket> extends BucketState {
  /** The very one that was asked of, or a copy of it. */
  readonly bucket: B;
  /** When, by the clock that this bucket goes by, ms since the epoch. Settlements name it. */
  readonly at: number;
  /** Whether this bucket had enough, whatever the others had. */
  readonly isAllowed: boolean;
  /** Whether it was spent; only then is there something to settle. */
  readonly isTaken: boolean;
  /** 0 when allowed. Null: never, as so many units are more than the bucket holds. */
  readonly retryAfterMs: number | null;
}

export interface TakeResult<B extends Bucket = Bucket> {
  /** False: a bucket that stands for the whole operation refused, and nothing was taken of any. */
  readonly isTaken: boolean;
  /** One for each bucket that was asked of, in that order. */
  readonly states: readonly TakenState<B>[];
}

/** Corrects what was taken before, once it is known what it should have been. */
export interface Settlement {
  readonly bucket: BucketName;
  /** Positive: given back, and never beyond a full bucket. Negative: charged, into debt if need be. */
  readonly units: number;
  /** {@link TakenState.at} of the take that is corrected: what has left its window since is not corrected. */
  readonly takenAt: number;
}

/**
 * Where buckets are kept. The clock is the store's: the process's for the one in memory, the server's for Redis, so
 * that instances whose clocks differ agree.
 *
 * What rejects does so with RedisError, or ForeignBucketError where that is about one bucket alone; what then becomes
 * of the request is decided by who asked.
 */
export interface BucketStore {
  /**
   * Takes from all of the buckets in one step, or from none.
   * @throws RangeError for units that are no count; GatewayError OVERLOADED where too many are asked for at once
   */
  take<B extends Bucket>(buckets: readonly B[]): Promise<TakeResult<B>>;
  /** The same, where nothing has to be waited for. */
  readonly takeNow?: <B extends Bucket>(buckets: readonly B[]) => TakeResult<B>;
  /** Does each as often as it is told to: calling twice corrects twice. */
  readonly settleNow?: (settlements: readonly Settlement[]) => void;
  /** The same, and tells how it left the buckets. */
  settle(settlements: readonly Settlement[]): Promise<readonly BucketState[]>;
  /** Takes nothing, and makes no buckets. */
  read(buckets: readonly BucketName[]): Promise<readonly BucketState[]>;
  /** Makes them full. */
  reset(buckets: readonly BucketName[]): Promise<void>;
  close(): Promise<void>;
}

/** Units come from formulas over what clients write; a negative one would be a refund. */
export function checkUnits(buckets: readonly Bucket[]): void {
  for (const { units, plan } of buckets) {
    if (!Number.isSafeInteger(units) || units < 0) {
      throw new RangeError(`${units} units of rate limit "${plan.id}" are no whole number of 0 or more`);
    }
  }
}

/** The same for corrections, which may have either sign. */
export function checkSettlements(settlements: readonly Settlement[]): void {
  for (const { units, bucket } of settlements) {
    if (!Number.isSafeInteger(units)) {
      throw new RangeError(`${units} units of rate limit "${bucket.plan.id}" are no whole number`);
    }
  }
}
