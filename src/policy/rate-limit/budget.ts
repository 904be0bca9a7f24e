import type { CostBudget } from '../../http/admission.ts';
import type { Outcome, TakenBucket } from './admit.ts';
import { remainingAfter } from './spent.ts';

/** The emptiest of the budgets of points that an operation spent from, once what it came to is settled. */
export function budgetOf(taken: readonly TakenBucket[], outcome: Outcome): CostBudget | null {
  const spent = outcome.isCached ? outcome.units : outcome.cost;
  let tightest: CostBudget | null = null;
  for (const state of taken) {
    const { limit } = state.bucket;
    if (limit.spend !== 'cost' || limit.shadow || !state.isTaken) continue;
    const { capacity, limit: perWindow, windowMs } = limit.plan;
    const remaining = remainingAfter(state, spent);
    const refillPerSecond = Math.round((perWindow / windowMs) * 1_000_000) / 1_000;
    if (tightest === null || remaining < tightest.remaining)
      tightest = { limit: capacity, remaining, refillPerSecond };
  }
  return tightest;
}
