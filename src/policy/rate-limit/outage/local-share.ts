import { type BucketPlan, planBucket } from '../bucket.ts';

/**
 * The part of a limit that one of several gateways may admit while they cannot count together. At least 1: of a limit
 * that is smaller than the number of gateways, each admits one.
 */
export function createShares(): (plan: BucketPlan, instances: number) => BucketPlan {
  // Not more than there are limits, as each is kept for the latest number of gateways.
  const shares = new Map<string, { readonly instances: number; readonly plan: BucketPlan }>();
  return (plan, instances) => {
    const known = shares.get(plan.key);
    if (known?.instances === instances) return known.plan;
    const share = { instances, plan: shareOf(plan, instances) };
    shares.set(plan.key, share);
    return share.plan;
  };
}

function shareOf({ id, algorithm, limit, windowMs, burst }: BucketPlan, instances: number): BucketPlan {
  const part = (whole: number): number => Math.max(1, Math.floor(whole / instances));
  const share = { id, limit: part(limit), windowMs };
  try {
    return planBucket({ ...share, algorithm, burst: burst === null ? null : part(burst) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // A limit that divides its window evenly may have a part that does not, and cannot be counted as finely.
    return planBucket({ ...share, algorithm: 'fixed-window', burst: null });
  }
}
