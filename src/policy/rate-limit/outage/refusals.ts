import type { Clock } from '../../../shared/clock.ts';
import { Lru } from '../../../shared/lru.ts';
import type { Bucket, BucketName } from '../bucket.ts';
import type { TakeResult } from '../bucket-store.ts';

interface Refusal {
  readonly units: number;
  readonly remaining: number;
  /** When it is forgotten. */
  readonly until: number;
  readonly retryAt: number;
  readonly resetAt: number;
}

const MAX_REFUSALS = 10_000;

/** Somebody else may settle or reset a bucket; so long it may look emptier than it is. */
const LONGEST_MS = 1_000;

/**
 * Buckets that have just refused, so that who keeps asking costs Redis nothing. Only what would be refused for
 * certain is: as many units or more, of a bucket that stands for the whole operation.
 */
export class RecentRefusals {
  readonly #refusals = new Lru<string, Refusal>(MAX_REFUSALS);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  remember({ isTaken, states }: TakeResult): void {
    if (isTaken) return;
    const now = this.#clock.now();
    for (const { bucket, isAllowed, retryAfterMs, remaining, resetAfterMs } of states) {
      // Without a time to wait it asks for more than there ever is; who asks for less may be served.
      if (isAllowed || bucket.part !== null || retryAfterMs === null) continue;
      this.#refusals.set(keyOf(bucket), {
        units: bucket.units,
        remaining,
        until: now + Math.min(retryAfterMs, LONGEST_MS),
        retryAt: now + retryAfterMs,
        resetAt: now + resetAfterMs,
      });
    }
  }

  forget(bucket: BucketName): void {
    this.#refusals.delete(keyOf(bucket));
  }

  /** The refusal of the whole operation, or null where the store has to be asked. */
  answer<B extends Bucket>(buckets: readonly B[]): TakeResult<B> | null {
    if (this.#refusals.size === 0) return null;
    const now = this.#clock.now();
    const found = buckets.map(bucket => this.#find(bucket, now));
    if (found.every(refusal => refusal === null)) return null;
    const states = buckets.map((bucket, index) => {
      const refusal = found[index] ?? null;
      return {
        bucket,
        at: now,
        isAllowed: refusal === null,
        isTaken: false,
        remaining: refusal?.remaining ?? bucket.plan.capacity,
        resetAfterMs: refusal === null ? 0 : Math.max(0, refusal.resetAt - now),
        retryAfterMs: refusal === null ? 0 : refusal.retryAt - now,
      };
    });
    return { isTaken: false, states };
  }

  #find(bucket: Bucket, now: number): Refusal | null {
    if (bucket.part !== null) return null;
    const refusal = this.#refusals.get(keyOf(bucket));
    return refusal !== undefined && now < refusal.until && bucket.units >= refusal.units ? refusal : null;
  }
}

function keyOf({ plan, owner }: BucketName): string {
  return `${plan.key} ${owner}`;
}
