import type { FieldNode } from 'graphql';
import type { ActualCalls, ActualSpend } from '../../http/admission.ts';
import type { BoundBucket } from './bound-bucket.ts';
import type { BucketStore, Settlement, TakenState, TakeResult } from './bucket-store.ts';
import { longestWait } from './headers.ts';
import type { LimitPlan } from './limit-plan.ts';

/** What limits say to one request. */
export interface RateLimitVerdict {
  /** The limit that refuses the whole operation, the one that does so longest; null: it may run. */
  readonly refusedBy: string | null;
  /** Null: none refuses, or one never will allow so much. */
  readonly retryAfterMs: number | null;
  /** Fields that are left out, each with the limit that refuses it. */
  readonly pruned: ReadonlyMap<FieldNode, string>;
  /** Of these the client hears; see `rateLimitHeaders`. */
  readonly told: readonly TakenBucket[];
  /** Every bucket that was asked for, for explanations and `settlementsOf`. */
  readonly taken: readonly TakenBucket[];
}

export type TakenBucket = TakenState<BoundBucket>;

export interface AdmitEvents {
  /** A limit refuses, or would if it were no shadow. Once a limit and request. */
  readonly onExceeded: (bound: BoundBucket) => void;
}

/** Takes from all buckets of a request or, where one refuses the whole of it, from none. */
export function admit(
  bound: readonly BoundBucket[],
  store: BucketStore,
  events: AdmitEvents,
): RateLimitVerdict | Promise<RateLimitVerdict> {
  if (bound.length === 0) return FREE;
  if (store.takeNow !== undefined) return verdictOf(store.takeNow(bound), events);
  return store.take(bound).then(result => verdictOf(result, events));
}

/** For stores that answer without waiting. */
export function verdictOf(
  { isTaken, states }: TakeResult<BoundBucket>,
  { onExceeded }: AdmitEvents,
): RateLimitVerdict {
  let hasShadows = false;
  let pruned: Map<FieldNode, string> | null = null;
  let exceeded: Set<LimitPlan> | null = null;
  for (const state of states) {
    const { bucket, isAllowed } = state;
    if (bucket.limit.shadow) hasShadows = true;
    // A limit by arguments may refuse in as many buckets as there are values.
    if (!isAllowed && !exceeded?.has(bucket.limit)) {
      exceeded ??= new Set();
      exceeded.add(bucket.limit);
      onExceeded(bucket);
    }
    if (bucket.pruned === null || state.isTaken || !isTaken) continue;
    pruned ??= new Map();
    // Of limits that share a field one refused, and the others let it go with that.
    for (const node of bucket.pruned) {
      if (!isAllowed || !pruned.has(node)) pruned.set(node, bucket.limit.plan.id);
    }
  }
  const enforced = hasShadows ? states.filter(({ bucket }) => !bucket.limit.shadow) : states;
  if (isTaken)
    return {
      refusedBy: null,
      retryAfterMs: null,
      pruned: pruned ?? NOTHING_PRUNED,
      told: enforced,
      taken: states,
    };
  const whole = enforced.filter(({ bucket }) => bucket.part === null);
  const retryAfterMs = longestWait(whole);
  const refusing = whole.find(state => !state.isAllowed && state.retryAfterMs === retryAfterMs);
  const refusedBy = refusing?.bucket.plan.id ?? null;
  return { refusedBy, retryAfterMs, pruned: NOTHING_PRUNED, told: whole, taken: states };
}

const NOTHING_PRUNED: ReadonlyMap<FieldNode, string> = new Map();

const FREE: RateLimitVerdict = Object.freeze({
  refusedBy: null,
  retryAfterMs: null,
  pruned: NOTHING_PRUNED,
  told: Object.freeze([]),
  taken: Object.freeze([]),
});

/** What it came to. A cached answer costs what `policy.rateLimit.cachedWeight` says of each limit, whatever it took. */
export type Outcome =
  | { readonly isCached: true; readonly units: number }
  | ({ readonly isCached: false } & ActualSpend);

/** What is given back, or charged, when a request has ended. To be done once: the store does it as often as told. */
export function settlementsOf(taken: readonly TakenBucket[], outcome: Outcome): readonly Settlement[] {
  let settlements: Settlement[] | null = null;
  for (const { bucket, isTaken, at } of taken) {
    if (!isTaken) continue;
    const after = unitsAfter(bucket, outcome);
    if (after === null || after === bucket.units) continue;
    settlements ??= [];
    settlements.push({ bucket, units: bucket.units - after, takenAt: at });
  }
  return settlements ?? NOTHING_SETTLED;
}

const NOTHING_SETTLED: readonly Settlement[] = Object.freeze([]);

/** What a bucket was spent that was taken from; null: what was taken. */
export function unitsAfter(bucket: BoundBucket, outcome: Outcome): number | null {
  if (outcome.isCached) return outcome.units;
  const { cost, calls } = outcome;
  switch (bucket.limit.spend) {
    case 'requests':
      return null;
    case 'calls':
      return calls === null ? null : callsAfter(bucket, calls);
    case 'cost':
      return Number.isFinite(cost) ? Math.max(0, Math.ceil(cost)) : null;
  }
}

function callsAfter({ counted, units }: BoundBucket, { counts, areAll }: ActualCalls): number | null {
  if (counted === null) return null;
  let calls = counted.besides;
  for (const counter of counted.counters) calls += counts[counter] ?? 0;
  return areAll ? calls : Math.max(units, calls);
}
