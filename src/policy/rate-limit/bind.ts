import type { FieldNode } from 'graphql';
import type { CountedCalls } from './answer-calls.ts';
import type { BoundBucket } from './bound-bucket.ts';
import type { CallersBuckets } from './callers-buckets.ts';
import type { CallCounts, LimitedPlaces, TouchedLimits } from './compile.ts';
import type { Variables } from './field-arguments.ts';
import type { LimitPlan } from './limit-plan.ts';
import { type OwnerFacts, ownerOf } from './owner.ts';
import { partsOf } from './parts.ts';

/** One request, as far as limits look at it. */
export interface LimitedRequest extends OwnerFacts {
  /** Null where no tier is configured. */
  readonly tier: string | null;
  /** Coerced. */
  readonly variables: Variables;
  /** Points; see policy/cost. */
  readonly estimate: number;
}

/** The buckets that a request spends from, each once. */
export type BindLimits = (request: LimitedRequest) => readonly BoundBucket[];

/** Largest number of units in one take; nothing that is admitted comes near it. */
const MOST_UNITS = 2 ** 40;

/** @param buckets of the limits' generation */
export function compileBinding(touched: TouchedLimits, buckets: CallersBuckets): BindLimits {
  if (touched.limits.every(({ limit }) => isWhole(limit) && !limit.isByArgument))
    return request => bindWhole(touched, request, buckets);
  return request => bindParts(touched, request);
}

/** Where limits say yes or no to the operation: as most do. */
function bindWhole(
  { limits, countCalls }: TouchedLimits,
  request: LimitedRequest,
  buckets: CallersBuckets,
): readonly BoundBucket[] {
  const bound: BoundBucket[] = [];
  let counts: CallCounts | null = null;
  for (const touched of limits) {
    const { limit, places } = touched;
    if (!isFor(limit.personas, request.persona) || !isFor(limit.tiers, request.tier)) continue;
    let units = 0;
    if (places === null) units = unitsOf(limit, 1, request);
    else {
      counts ??= countCalls(request.variables);
      for (const place of places) units = added(limit, units, unitsOf(limit, place.calls(counts), request));
    }
    if (units > 0) bound.push(buckets.of(touched, request, units));
  }
  return bound;
}

interface Wanted {
  readonly limit: LimitPlan;
  readonly owner: string;
  units: number;
  counted: CountedCalls | null;
  /** None where the operation as a whole is limited. */
  readonly nodes: Set<FieldNode>;
}

/** Shared by all, and never added to. */
const NO_NODES = new Set<FieldNode>();

function bindParts({ limits, countCalls }: TouchedLimits, request: LimitedRequest): readonly BoundBucket[] {
  const wanted: Wanted[] = [];
  let counts: CallCounts | null = null;
  for (const { limit, places, counted } of limits) {
    if (!isFor(limit.personas, request.persona) || !isFor(limit.tiers, request.tier)) continue;
    if (places === null) {
      const units = unitsOf(limit, 1, request);
      const owner = ownerOf(limit.by, request, null);
      if (units > 0) wanted.push({ limit, owner, units, counted, nodes: NO_NODES });
      continue;
    }
    counts ??= countCalls(request.variables);
    const ofLimit = new Map<string, Wanted>();
    for (const place of places) {
      const units = unitsOf(limit, place.calls(counts), request);
      if (units === 0) continue;
      const owner = ownerOf(limit.by, request, place.argumentsFor?.(request.variables) ?? null);
      const known = ofLimit.get(owner);
      const bucket: Wanted = known ?? { limit, owner, units: 0, counted, nodes: new Set<FieldNode>() };
      if (known === undefined) ofLimit.set(owner, bucket);
      if (limit.isByArgument) bucket.counted = joined(known, place);
      bucket.units = added(limit, bucket.units, units);
      for (const node of place.nodes) bucket.nodes.add(node);
    }
    for (const bucket of ofLimit.values()) wanted.push(bucket);
  }
  const parts = wanted.every(({ limit }) => isWhole(limit)) ? null : partsOf(wanted);
  return wanted.map(({ limit, owner, units, counted, nodes }, index) => {
    const part = parts?.[index] ?? null;
    const isPruned = part !== null && !limit.shadow;
    return { plan: limit.plan, owner, units, part, limit, counted, pruned: isPruned ? nodes : null };
  });
}

/** Places that arguments lead to the same bucket add up, where all of them are counted. */
function joined(known: Wanted | undefined, { counter }: LimitedPlaces): CountedCalls | null {
  if (counter === null || known?.counted === null) return null;
  return { counters: [...(known?.counted.counters ?? []), counter], besides: 0 };
}

/** Refused or taken with the operation. */
function isWhole({ shadow, onExceeded }: LimitPlan): boolean {
  return !shadow && onExceeded !== 'prune';
}

function isFor(names: ReadonlySet<string> | null, name: string | null): boolean {
  return names === null || (name !== null && names.has(name));
}

/** Calls add up. One operation is one request, and costs what it costs, wherever it is looked at. */
function added({ spend }: LimitPlan, before: number, units: number): number {
  if (units === 0) return before;
  return spend === 'calls' ? Math.min(MOST_UNITS, before + units) : units;
}

function unitsOf({ spend }: LimitPlan, calls: number, { estimate }: LimitedRequest): number {
  // Whatever a formula ends in, it is neither a refund nor free.
  if (!(calls >= 0) || !(estimate >= 0)) return MOST_UNITS;
  if (calls === 0) return 0;
  if (spend === 'requests') return 1;
  return Math.min(MOST_UNITS, Math.ceil(spend === 'calls' ? calls : estimate));
}
