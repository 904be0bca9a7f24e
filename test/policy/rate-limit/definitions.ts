import type { BucketPlan } from '../../../src/policy/rate-limit/bucket.ts';

export interface Admitted {
  readonly at: number;
  readonly units: number;
}

/**
 * What docs/rate-limits.md promises of each algorithm, said of a history and computed from all of it, with none of
 * the state that the algorithms keep. Null when the history keeps the promise.
 * @param history by time.
 */
export function violation(plan: BucketPlan, history: readonly Admitted[]): string | null {
  return DEFINITIONS[plan.method](plan, history);
}

const DEFINITIONS: Readonly<
  Record<BucketPlan['method'], (plan: BucketPlan, history: readonly Admitted[]) => string | null>
> = {
  'token-bucket': burstAndRate,
  gcra: burstAndRate,
  'sliding-log': anyWindow,
  'sliding-counter': weighted,
  'fixed-window': alignedWindow,
};

/** Between any two takes, these included: capacity + limit · t / window. */
function burstAndRate(
  { capacity, limit, windowMs }: BucketPlan,
  history: readonly Admitted[],
): string | null {
  const begin = history[0]?.at ?? 0;
  let [sum, least] = [0n, null as bigint | null];
  for (const { at, units } of history) {
    const refilled = BigInt(at - begin) * BigInt(limit);
    const before = sum * BigInt(windowMs) - refilled;
    if (least === null || before < least) least = before;
    sum += BigInt(units);
    if (sum * BigInt(windowMs) - refilled - least > BigInt(capacity) * BigInt(windowMs)) {
      return `more than capacity and rate allow, at ${at}`;
    }
  }
  return null;
}

function anyWindow({ limit, windowMs }: BucketPlan, history: readonly Admitted[]): string | null {
  let [from, sum] = [0, 0];
  for (const { at, units } of history) {
    sum += units;
    while ((history[from] as Admitted).at <= at - windowMs) sum -= (history[from++] as Admitted).units;
    if (sum > limit) return `${sum} in the window that ends at ${at}`;
  }
  return null;
}

function alignedWindow({ limit, windowMs }: BucketPlan, history: readonly Admitted[]): string | null {
  const sums = new Map<number, number>();
  for (const { at, units } of history) {
    const window = Math.floor(at / windowMs);
    const sum = (sums.get(window) ?? 0) + units;
    sums.set(window, sum);
    if (sum > limit) return `${sum} in window ${window}`;
  }
  return null;
}

function weighted({ limit, windowMs }: BucketPlan, history: readonly Admitted[]): string | null {
  const sums = new Map<number, number>();
  for (const { at, units } of history) {
    const window = Math.floor(at / windowMs);
    const sum = (sums.get(window) ?? 0) + units;
    sums.set(window, sum);
    const rest = BigInt((window + 1) * windowMs - at);
    const used = BigInt(sum) * BigInt(windowMs) + BigInt(sums.get(window - 1) ?? 0) * rest;
    if (used > BigInt(limit) * BigInt(windowMs)) return `more than the weighted count allows, at ${at}`;
  }
  // The bound on its error: nowhere twice the limit or more.
  return anyWindow({ limit: Math.max(limit, 2 * limit - 1), windowMs } as BucketPlan, history);
}
