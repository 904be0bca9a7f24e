import type { FieldNode } from 'graphql';
import type { BoundBucket } from './bind.ts';
import type { BucketStore, Settlement, TakenState } from './bucket-store.ts';
import { longestWait, rateLimitHeaders } from './headers.ts';

/** What limits say to one request. */
export interface RateLimitVerdict {
  /** The limit that refuses the whole operation, the one that does so longest; null: it may run. */
  readonly refusedBy: string | null;
  /** Null: none refuses, or one never will allow so much. */
  readonly retryAfterMs: number | null;
  /** Fields that are left out, each with the limit that refuses it. */
  readonly pruned: ReadonlyMap<FieldNode, string>;
  /** For the response; see `rateLimitHeaders`. */
  readonly headers: ReadonlyMap<string, string>;
  /** Every bucket that was asked for, for explanations and `settlementsOf`. */
  readonly taken: readonly TakenBucket[];
}

export interface TakenBucket {
  readonly bound: BoundBucket;
  readonly state: TakenState;
}

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
  const buckets = bound.map(({ bucket }) => bucket);
  if (store.takeNow !== undefined) return verdictOf(bound, store.takeNow(buckets), events);
  return store.take(buckets).then(result => verdictOf(bound, result, events));
}

/** For stores that answer without waiting. */
export function verdictOf(
  bound: readonly BoundBucket[],
  { isTaken, states }: { readonly isTaken: boolean; readonly states: readonly TakenState[] },
  { onExceeded }: AdmitEvents,
): RateLimitVerdict {
  const taken: TakenBucket[] = [];
  const enforced: TakenState[] = [];
  let pruned: Map<FieldNode, string> | null = null;
  for (let i = 0; i < bound.length; i++) {
    const one = bound[i] as BoundBucket;
    const state = states[i];
    if (state === undefined) throw new TypeError('the store left out a bucket');
    taken.push({ bound: one, state });
    if (!one.limit.shadow) enforced.push(state);
    if (!state.isAllowed) onExceeded(one);
    if (one.pruned === null || state.isTaken || !isTaken) continue;
    pruned ??= new Map();
    // Of limits that share a field one refused, and the others let it go with that.
    for (const node of one.pruned) {
      if (!state.isAllowed || !pruned.has(node)) pruned.set(node, one.limit.plan.id);
    }
  }
  if (isTaken) {
    const headers = rateLimitHeaders(enforced, false);
    return { refusedBy: null, retryAfterMs: null, pruned: pruned ?? NOTHING_PRUNED, headers, taken };
  }
  const whole = enforced.filter(({ bucket }) => bucket.part === null);
  const headers = rateLimitHeaders(whole, true);
  const retryAfterMs = longestWait(whole);
  const refusing = whole.find(state => !state.isAllowed && state.retryAfterMs === retryAfterMs);
  return {
    refusedBy: refusing?.bucket.plan.id ?? null,
    retryAfterMs,
    pruned: NOTHING_PRUNED,
    headers,
    taken,
  };
}

const NOTHING_PRUNED: ReadonlyMap<FieldNode, string> = new Map();

const FREE: RateLimitVerdict = Object.freeze({
  refusedBy: null,
  retryAfterMs: null,
  pruned: NOTHING_PRUNED,
  headers: new Map(),
  taken: Object.freeze([]),
});

/** What it came to. A cached answer costs what `policy.rateLimit.cachedWeight` says, whatever it took. */
export interface Outcome {
  readonly isCached: boolean;
  /** Of each limit, where it is cached; else the points of the answer. */
  readonly units: number;
}

/** What is given back, or charged, when a request has ended. To be done once: the store does it as often as told. */
export function settlementsOf(taken: readonly TakenBucket[], outcome: Outcome): readonly Settlement[] {
  let settlements: Settlement[] | null = null;
  for (const { bound, state } of taken) {
    if (!state.isTaken) continue;
    const { units: before } = state.bucket;
    const after = unitsAfter(bound, outcome);
    if (after === null || after === before) continue;
    settlements ??= [];
    settlements.push({ bucket: state.bucket, units: before - after, takenAt: state.at });
  }
  return settlements ?? NOTHING_SETTLED;
}

const NOTHING_SETTLED: readonly Settlement[] = Object.freeze([]);

/** What a bucket was spent that was taken from; null: what was taken. */
export function unitsAfter({ limit }: BoundBucket, { isCached, units }: Outcome): number | null {
  if (isCached) return units;
  if (limit.spend !== 'cost') return null;
  return Number.isFinite(units) ? Math.max(0, Math.ceil(units)) : null;
}
