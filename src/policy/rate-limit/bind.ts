import type { FieldNode } from 'graphql';
import type { Bucket } from './bucket.ts';
import type { LimitedPlaces, TouchedLimit } from './compile.ts';
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

/** What a request wants of one bucket, and what becomes of the request where it is not given. */
export interface BoundBucket {
  readonly limit: LimitPlan;
  readonly bucket: Bucket;
  /** Fields that are left out instead of the whole operation; null: the operation is refused. */
  readonly pruned: ReadonlySet<FieldNode> | null;
}

interface Wanted {
  readonly limit: LimitPlan;
  readonly owner: string;
  units: number;
  /** None where the operation as a whole is limited. */
  readonly nodes: Set<FieldNode>;
}

/** Largest number of units in one take; nothing that is admitted comes near it. */
const MOST_UNITS = 2 ** 40;

const WHOLE = null;

/** Shared by all, and never added to. */
const NO_NODES = new Set<FieldNode>();

/** The buckets that a request spends from, each once. */
export function bindLimits(
  touched: readonly TouchedLimit[],
  request: LimitedRequest,
): readonly BoundBucket[] {
  const wanted: Wanted[] = [];
  for (const { limit, places } of touched) {
    if (!isFor(limit.personas, request.persona) || !isFor(limit.tiers, request.tier)) continue;
    if (places === null) {
      const units = unitsOf(limit, WHOLE, request);
      if (units > 0) wanted.push({ limit, owner: ownerOf(limit.by, request, null), units, nodes: NO_NODES });
      continue;
    }
    const ofLimit = new Map<string, Wanted>();
    for (const place of places) {
      const units = unitsOf(limit, place, request);
      if (units === 0) continue;
      const owner = ownerOf(limit.by, request, place.argumentsFor?.(request.variables) ?? null);
      const known = ofLimit.get(owner);
      const bucket = known ?? { limit, owner, units: 0, nodes: new Set<FieldNode>() };
      if (known === undefined) ofLimit.set(owner, bucket);
      // Calls add up. One operation is one request, and costs what it costs, wherever it is looked at.
      bucket.units = limit.spend === 'calls' ? Math.min(MOST_UNITS, bucket.units + units) : units;
      for (const node of place.nodes) bucket.nodes.add(node);
    }
    wanted.push(...ofLimit.values());
  }
  const parts = wanted.every(isWhole) ? null : partsOf(wanted);
  return wanted.map(({ limit, owner, units, nodes }, index) => {
    const part = parts?.[index] ?? null;
    const isPruned = part !== null && !limit.shadow;
    return { limit, bucket: { plan: limit.plan, owner, units, part }, pruned: isPruned ? nodes : null };
  });
}

/** Refused or taken with the operation, as most are. */
function isWhole({ limit }: Wanted): boolean {
  return !limit.shadow && limit.onExceeded !== 'prune';
}

function isFor(names: ReadonlySet<string> | null, name: string | null): boolean {
  return names === null || (name !== null && names.has(name));
}

function unitsOf(
  limit: LimitPlan,
  place: LimitedPlaces | null,
  { variables, estimate }: LimitedRequest,
): number {
  const calls = place === null ? 1 : place.calls(variables);
  // Whatever a formula ends in, it is neither a refund nor free.
  if (!(calls >= 0) || !(estimate >= 0)) return MOST_UNITS;
  if (calls === 0) return 0;
  if (limit.spend === 'requests') return 1;
  return Math.min(MOST_UNITS, Math.ceil(limit.spend === 'calls' ? calls : estimate));
}
