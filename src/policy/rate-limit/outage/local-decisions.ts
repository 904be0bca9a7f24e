import type { OutagePolicy } from '../../../config/rate-limit.ts';
import type { Bucket, BucketPlan } from '../bucket.ts';
import type { BucketState, BucketStore, Settlement, TakeResult } from '../bucket-store.ts';
import type { MemoryBucketStore } from '../stores/memory-store.ts';
import { createShares } from './local-share.ts';
import { Overdue } from './overdue.ts';

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
  /** The plan by which a bucket was counted here; null where it was not counted at all. */
  readonly #plans = new WeakMap<object, BucketPlan | null>();

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
        this.#plans.set(bucket, isShare ? state.bucket.plan : null);
        if (isShare && state.isTaken) this.#overdue.add(bucket, state.bucket);
        return isShare ? { ...state, bucket } : { ...state, bucket, ...uncounted(bucket, state.isAllowed) };
      }),
    };
  }

  /** Whether a take was decided here. */
  has(bucket: object): boolean {
    return this.#plans.has(bucket);
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly BucketState[]> {
    return this.#local.settle(
      settlements.flatMap(settlement => {
        const plan = this.#plans.get(settlement.bucket) ?? null;
        return plan === null ? [] : [{ ...settlement, bucket: { ...settlement.bucket, plan } }];
      }),
    );
  }

  /** @param at now, by the clock of the shared store. */
  async chargeTo(shared: BucketStore, at: number): Promise<void> {
    await this.#overdue.charge(shared, at);
  }
}

function uncounted({ plan }: Bucket, isAllowed: boolean) {
  if (isAllowed) return { remaining: plan.capacity, resetAfterMs: 0, retryAfterMs: 0 };
  return { remaining: 0, resetAfterMs: RETRY_AFTER_MS, retryAfterMs: RETRY_AFTER_MS };
}
