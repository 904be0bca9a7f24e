import type { CostBudget } from '../../http/admission.ts';
import type { TakenBucket } from './admit.ts';

/** The emptiest of the budgets of points that an operation spent from, once what it came to is settled. */
export function budgetOf(taken: readonly TakenBucket[], actual: number): CostBudget | null {
  let tightest: CostBudget | null = null;
  for (const { bound, state } of taken) {
    const { limit } = bound;
    if (limit.spend !== 'cost' || limit.shadow || !state.isTaken) continue;
    const { capacity, limit: perWindow, windowMs } = limit.plan;
    const remaining = Math.max(0, Math.min(capacity, state.remaining + state.bucket.units - actual));
    const refillPerSecond = Math.round((perWindow / windowMs) * 1_000_000) / 1_000;
    if (tightest === null || remaining < tightest.remaining)
      tightest = { limit: capacity, remaining, refillPerSecond };
  }
  return tightest;
}
