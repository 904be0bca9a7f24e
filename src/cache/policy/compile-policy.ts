import { OperationTypeNode } from 'graphql';
import type { SelectedOperation } from '../../policy/field-places.ts';
import { type CachePolicy, policyWithin } from './cache-policy.ts';
import { ALWAYS, mayHold, type Variables } from './condition.ts';
import type { RestrictionAt } from './field-restrictions.ts';
import { compileOperationTags, type TagSources, type TagsOf } from './operation-tags.ts';
import { type Restriction, restrict, UNRESTRICTED } from './restriction.ts';
import { type SelectedField, selectedFields } from './selected-fields.ts';

/** How long the answers of an operation may be kept. Made once for an operation of a generation and a persona. */
export interface OperationPolicy {
  /**
   * Null: not at all. Exact in `@skip` and `@include` by the coerced variables; whether an object or a list is there at
   * all is not known, so what may be there counts.
   */
  policyOf(variables: Variables): CachePolicy | null;
  readonly tagsOf: TagsOf;
}

export interface PolicySources extends TagSources {
  readonly restrictionAt: RestrictionAt;
  /** What a persona multiplies times with; 0: nothing is kept for it. */
  readonly factor: number;
}

export interface HashedOperation extends SelectedOperation {
  readonly hash: string;
}

/** Nothing that changes something, or goes on, is ever kept. */
export const NEVER_KEPT: OperationPolicy = Object.freeze({ policyOf: () => null, tagsOf: () => [] });

export function compilePolicy(operation: HashedOperation, sources: PolicySources): OperationPolicy {
  if (operation.definition.operation !== OperationTypeNode.QUERY || sources.factor === 0) return NEVER_KEPT;
  const { restrictionAt, factor } = sources;
  const fields = selectedFields(operation);
  const groups = [...fields].map(([condition, selected]) => ({
    condition,
    restriction: restrictionOfAll(selected, restrictionAt),
  }));
  const always = groups.find(({ condition }) => condition === ALWAYS)?.restriction ?? UNRESTRICTED;
  if (always.freshMs === 0) return NEVER_KEPT;
  const tagsOf = compileOperationTags(fields, operation.hash, sources);
  const conditional = groups.filter(({ condition }) => condition !== ALWAYS);
  const unconditional = policyWithin(always, factor);
  if (conditional.length === 0) return Object.freeze({ policyOf: () => unconditional, tagsOf });
  return Object.freeze({
    policyOf(variables: Variables) {
      const may = conditional.filter(({ condition }) => mayHold(condition, variables));
      if (may.length === 0) return unconditional;
      return policyWithin(
        may.reduce((all, { restriction }) => restrict(all, restriction), always),
        factor,
      );
    },
    tagsOf,
  });
}

function restrictionOfAll(selected: readonly SelectedField[], restrictionAt: RestrictionAt): Restriction {
  return selected.reduce(
    (all, { parent, field }) => restrict(all, restrictionAt(parent, field)),
    UNRESTRICTED,
  );
}
