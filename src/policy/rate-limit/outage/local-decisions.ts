import type { OutagePolicy } from '../../../config/rate-limit.ts';
import type { Bucket, BucketPlan } from '../bucket.ts';
import type { BucketState, BucketStore, Settlement, TakeResult } from '../bucket-store.ts';
import type { MemoryBucketStore } from '../stores/memory-store.ts';
import { createShares } from './local-share.ts';
import { type Charge, keyOf, Overdue } from './overdue.ts';

export interface OutagePolicies {
  readonly policyOf: (plan: BucketPlan) => OutagePolicy;
  /** How many gateways there are, this one included. */
  readonly instances: () => number;
}

/** What clients are told where nothing is admitted until the shared store is back. */
const RETRY_AFTER_MS = 1_000;

/** What one gateway decides by itself, and remembers to settle here what was taken here. */
export class LocalDecisions {
  readonly #local: MemoryBucketStore;
  readonly #options: OutagePolicies;
  readonly #shareOf = createShares();
  readonly #overdue: Overdue;
  readonly #decided = new WeakMap<object, Decided>();
  #outage: Outage = { charge: null };

  constructor(local: MemoryBucketStore, options: OutagePolicies) {
    this.#local = local;
    this.#options = options;
    this.#overdue = new Overdue(local);
  }

  take<B extends Bucket>(asked: readonly B[]): TakeResult<B> {
    const { policyOf, instances } = this.#options;
    // Copies: one object may be asked of again and again, and each take is settled where it was decided.
    const buckets = asked.map(bucket => ({ ...bucket }));
    const policies = buckets.map(({ plan }) => policyOf(plan));
    const counted = buckets.map((bucket, index) => {
      const plan = this.#shareOf(bucket.plan, Math.max(1, instances()));
      // What spends nothing is always there; what wants more than a bucket holds never is.
      const units = { 'local-share': bucket.units, allow: 0, deny: plan.capacity + 1 };
      return { ...bucket, plan, units: units[policies[index] ?? 'local-share'] };
    });
    const { isTaken, states } = this.#local.takeNow(counted);
    return {
      isTaken,
      states: states.map((state, index) => {
        const bucket = buckets[index] as B;
        const isShare = policies[index] === 'local-share';
        this.#decided.set(bucket, { plan: isShare ? state.bucket.plan : null, outage: this.#outage });
        if (isShare && state.isTaken) this.#overdue.add(bucket, state.bucket);
        return isShare ? { ...state, bucket } : { ...state, bucket, ...uncounted(bucket, state.isAllowed) };
      }),
    };
  }

  /** Whether a take was decided here. */
  has(bucket: object): boolean {
    return this.#decided.has(bucket);
  }

  /** Settles what is still counted here. */
  async settle(settlements: readonly Settlement[]): Promise<readonly BucketState[]> {
    return this.#local.settle(
      settlements.flatMap(settlement => {
        const decided = this.#decided.get(settlement.bucket);
        if (decided === undefined || decided.plan === null || chargedAt(decided, settlement) !== null)
          return [];
        return [{ ...settlement, bucket: { ...settlement.bucket, plan: decided.plan } }];
      }),
    );
  }

  /** Of what has been charged to the shared store meanwhile, the settlements for that: what is to be corrected is there now. */
  moved(settlements: readonly Settlement[]): readonly Settlement[] {
    return settlements.flatMap(settlement => {
      const decided = this.#decided.get(settlement.bucket);
      const takenAt = decided === undefined ? null : chargedAt(decided, settlement);
      return takenAt === null ? [] : [{ ...settlement, takenAt }];
    });
  }

  /** @param at now, by the clock of the shared store. */
  async chargeTo(shared: BucketStore, at: number): Promise<void> {
    const charge: Charge = { at, charged: new Set() };
    this.#outage.charge = charge;
    this.#outage = { charge: null };
    await this.#overdue.charge(shared, charge);
  }
}

/** One time of counting here; known to all that was decided in it. */
interface Outage {
  /** Null until it is over. */
  charge: Charge | null;
}

interface Decided {
  /** By which the bucket was counted here; null where it was not counted at all. */
  readonly plan: BucketPlan | null;
  readonly outage: Outage;
}

/** When the shared store was charged with what this bucket here had lost; null where it was not. */
function chargedAt({ plan, outage }: Decided, { bucket }: Settlement): number | null {
  const { charge } = outage;
  if (plan === null || charge === null) return null;
  return charge.charged.has(keyOf({ plan, owner: bucket.owner })) ? charge.at : null;
}

function uncounted({ plan }: Bucket, isAllowed: boolean) {
  if (isAllowed) return { remaining: plan.capacity, resetAfterMs: 0, retryAfterMs: 0 };
  return { remaining: 0, resetAfterMs: RETRY_AFTER_MS, retryAfterMs: RETRY_AFTER_MS };
}
