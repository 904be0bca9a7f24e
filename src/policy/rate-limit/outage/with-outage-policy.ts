import type { OutagePolicy } from '../../../config/rate-limit.ts';
import type { Clock } from '../../../shared/clock.ts';
import { RedisError } from '../../../storage/redis-error.ts';
import type { Bucket, BucketPlan } from '../bucket.ts';
import type { BucketState, BucketStore, Settlement, TakeResult } from '../bucket-store.ts';
import type { MemoryBucketStore } from '../stores/memory-store.ts';
import { createShares } from './local-share.ts';
import { Overdue } from './overdue.ts';
import { RecentRefusals } from './refusals.ts';

export interface OutageOptions {
  readonly policyOf: (plan: BucketPlan) => OutagePolicy;
  /** How many gateways there are, this one included. */
  readonly instances: () => number;
  readonly clock: Clock;
  /** The shared store is gone, or back; once a change. */
  readonly onChange: (isOut: boolean, reason: string | null) => void;
}

/** While the shared store is gone it is asked so often whether it is back; nobody else waits for it. */
const PROBE_EVERY_MS = 250;

/** What clients are told where nothing is admitted until the shared store is back. */
const RETRY_AFTER_MS = 1_000;

/**
 * A shared store that may be gone. What cannot be counted together is admitted as each limit's policy says: this
 * gateway's share of it, all, or nothing. No take fails for the store, and not more than one at a time waits for it.
 */
export function withOutagePolicy(
  shared: BucketStore,
  local: MemoryBucketStore,
  options: OutageOptions,
): BucketStore {
  const { clock, policyOf, instances, onChange } = options;
  const refusals = new RecentRefusals(clock);
  const shareOf = createShares();
  const overdue = new Overdue(local);
  // Whose take was decided here, and by which plan it was counted: null where it was not counted at all.
  const decidedHere = new WeakMap<object, BucketPlan | null>();
  let isOut = false;
  let askAgainAt = 0;

  const takeHere = (buckets: readonly Bucket[]): TakeResult => {
    const policies = buckets.map(({ plan }) => policyOf(plan));
    const counted = buckets.map((bucket, index) => {
      const plan = shareOf(bucket.plan, Math.max(1, instances()));
      // What spends nothing is always there; what wants more than a bucket holds never is.
      const units = { 'local-share': bucket.units, allow: 0, deny: plan.capacity + 1 };
      return { ...bucket, plan, units: units[policies[index] ?? 'local-share'] };
    });
    const { isTaken, states } = local.takeNow(counted);
    return {
      isTaken,
      states: states.map((state, index) => {
        const bucket = buckets[index] as Bucket;
        const isShare = policies[index] === 'local-share';
        decidedHere.set(bucket, isShare ? state.bucket.plan : null);
        if (isShare && state.isTaken) overdue.add(bucket, state.bucket);
        return isShare ? { ...state, bucket } : { ...state, bucket, ...uncounted(bucket, state.isAllowed) };
      }),
    };
  };

  const lost = (error: unknown): void => {
    askAgainAt = clock.elapsed() + PROBE_EVERY_MS;
    if (!(error instanceof RedisError)) throw error;
    if (isOut) return;
    isOut = true;
    onChange(true, error.reason);
  };
  const back = ({ states }: TakeResult): void => {
    if (!isOut) return;
    isOut = false;
    onChange(false, null);
    const at = states[0]?.at;
    if (at !== undefined) void overdue.charge(shared, at);
  };

  return {
    async take(buckets) {
      if (isOut && clock.elapsed() < askAgainAt) return takeHere(buckets);
      const refused = refusals.answer(buckets);
      if (refused !== null) return refused;
      // This one asks; until it knows, others go on without.
      if (isOut) askAgainAt = Number.POSITIVE_INFINITY;
      try {
        const result = await shared.take(buckets);
        back(result);
        refusals.remember(result);
        return result;
      } catch (error) {
        lost(error);
        return takeHere(buckets);
      }
    },
    async settle(settlements) {
      for (const { bucket } of settlements) refusals.forget(bucket);
      const isShared = ({ bucket }: Settlement): boolean => !decidedHere.has(bucket);
      const here = settlements.flatMap(settlement => {
        const plan = decidedHere.get(settlement.bucket) ?? null;
        return plan === null ? [] : [{ ...settlement, bucket: { ...settlement.bucket, plan } }];
      });
      const there = settlements.filter(isShared);
      const states: readonly BucketState[] = local.settleNow(here);
      if (there.length === 0) return states;
      try {
        return [...states, ...(await shared.settle(there))];
      } catch (error) {
        // It may have been done all the same; told again it would be done twice.
        lost(error);
        return states;
      }
    },
    read: buckets => shared.read(buckets),
    async reset(buckets) {
      for (const bucket of buckets) refusals.forget(bucket);
      await shared.reset(buckets);
    },
    async close() {
      await local.close();
      await shared.close();
    },
  };
}

function uncounted({ plan }: Bucket, isAllowed: boolean) {
  if (isAllowed) return { remaining: plan.capacity, resetAfterMs: 0, retryAfterMs: 0 };
  return { remaining: 0, resetAfterMs: RETRY_AFTER_MS, retryAfterMs: RETRY_AFTER_MS };
}
