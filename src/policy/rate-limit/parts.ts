import type { FieldNode } from 'graphql';
import type { LimitPlan } from './limit-plan.ts';

/** What is wanted of one bucket, as far as parts depend on it. */
export interface PartWish {
  readonly limit: Pick<LimitPlan, 'shadow' | 'onExceeded'>;
  /** None where the operation as a whole is limited. */
  readonly nodes: ReadonlySet<FieldNode>;
}

/**
 * The part of the operation that each bucket stands for; null: all of it. Buckets of one field are taken or left
 * together, so that one limit of a field does not spend what another refuses. Shadow limits are parts of their own,
 * which nothing depends on.
 *
 * By union-find, as clients choose how many fields and values there are: the time grows with the fields, not with
 * their square.
 */
export function partsOf(wishes: readonly PartWish[]): readonly (string | null)[] {
  const joined = wishes.map((_, index) => index);
  /** The one bucket that stands for all that are joined, with the way to it made shorter. */
  const rootOf = (from: number): number => {
    let index = from;
    for (;;) {
      const next = joined[index] as number;
      if (next === index) return index;
      const after = joined[next] as number;
      joined[index] = after;
      index = after;
    }
  };
  const lastOf = new Map<FieldNode, number>();
  for (const [index, { nodes, limit }] of wishes.entries()) {
    if (!isPruned(limit)) continue;
    for (const node of nodes) {
      const other = lastOf.get(node);
      lastOf.set(node, index);
      // `index` is its own root: only later ones take it over.
      if (other !== undefined) joined[rootOf(other)] = index;
    }
  }
  return wishes.map(({ limit }, index) => {
    if (limit.shadow) return `shadow:${index}`;
    return isPruned(limit) ? `field:${rootOf(index)}` : null;
  });
}

function isPruned({ shadow, onExceeded }: PartWish['limit']): boolean {
  return !shadow && onExceeded === 'prune';
}
