import type { FieldNode } from 'graphql';
import type { BoundOperation, Refusal } from '../../http/bound-operation.ts';
import { randomId } from '../../shared/random-id.ts';
import { removeDenied } from '../authorize/remove-denied.ts';
import type { RateLimitVerdict } from './admit.ts';

/** A limit that has nothing left, as clients hear of it. */
interface Exceeded {
  readonly limit: string;
  readonly retryAfterMs: number | null;
}

export function refusalFor({ limit, retryAfterMs }: Exceeded): Refusal {
  const message =
    retryAfterMs === null
      ? `The operation wants more than the limit ${limit} ever allows at once. Ask for less.`
      : `The limit ${limit} has not enough left for this. Come back in ${Math.max(1, Math.ceil(retryAfterMs / 1_000))} s.`;
  return {
    code: 'RATE_LIMITED',
    message,
    extensions: { limit, ...(retryAfterMs === null ? {} : { retryAfterMs }) },
  };
}

/** Takes out the fields that limits refuse, and what could only be null without them. */
export function prune(operation: BoundOperation, { pruned, taken }: RateLimitVerdict): BoundOperation {
  if (pruned.size === 0) return operation;
  const exceeded = new Map<FieldNode, Exceeded>();
  const waits = firstWaits(taken);
  for (const [node, limit] of pruned) exceeded.set(node, { limit, retryAfterMs: waits.get(limit) ?? null });
  const { denied, refusals, id } = prunedFields(operation, exceeded);
  return {
    ...operation,
    id: `${operation.id} ~${id}`,
    // When to come back is this caller's own.
    key: `${operation.key} ~${randomId()}`,
    denial: {
      denied,
      refusals,
      removed: removeDenied({ ...operation, denied }),
      deferred: operation.denial?.deferred ?? null,
    },
  };
}

/** Of the first bucket of each limit that refuses: there may be as many of one limit as there are fields. */
function firstWaits(taken: RateLimitVerdict['taken']): ReadonlyMap<string, number | null> {
  const waits = new Map<string, number | null>();
  for (const { bucket, isAllowed, retryAfterMs } of taken) {
    const { id } = bucket.limit.plan;
    if (!isAllowed && !waits.has(id)) waits.set(id, retryAfterMs);
  }
  return waits;
}

/** Checks of authorization are counted from 0; those of limits must not be taken for them. */
const FIRST_CHECK = 1_000_000;

interface Pruned {
  readonly denied: ReadonlyMap<FieldNode, number>;
  readonly refusals: ReadonlyMap<number, Refusal>;
  /** Equal for equal sets of fields. */
  readonly id: string;
}

/** The fields that limits take out, together with those that authorization has taken out before. */
function prunedFields(operation: BoundOperation, pruned: ReadonlyMap<FieldNode, Exceeded>): Pruned {
  const denied = new Map(operation.denial?.denied);
  const refusals = new Map(operation.denial?.refusals);
  const places: number[] = [];
  for (const [node, exceeded] of pruned) {
    // Nodes of one document differ in where they begin.
    const place = node.loc?.start ?? places.length;
    places.push(place);
    const check = FIRST_CHECK + place;
    if (!denied.has(node)) denied.set(node, check);
    refusals.set(check, refusalFor(exceeded));
  }
  return { denied, refusals, id: places.sort((a, b) => a - b).join() };
}
