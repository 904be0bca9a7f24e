import type { FieldNode } from 'graphql';
import type { AccessRequirement } from '../../supergraph/access.ts';
import { type FieldPlace, fieldPlaces, type SelectedOperation } from '../field-places.ts';
import type { GuardOf } from './guards.ts';
import type { RulePlan } from './rules/rule-plan.ts';

/** A question about a caller; the same one for all fields that depend on its answer. */
export type Check =
  | { readonly kind: 'requirement'; readonly requirement: AccessRequirement; readonly place: FieldPlace }
  | {
      readonly kind: 'rule';
      readonly rule: RulePlan;
      /** Object types whose field the rule is about. */
      readonly types: ReadonlySet<string>;
      readonly place: FieldPlace;
    };

export interface GuardedField {
  readonly node: FieldNode;
  /** Indices of the checks that must all say yes. */
  readonly checks: readonly number[];
}

/** What an operation asks of its callers. Frozen; made once for an operation of a generation. */
export interface AuthorizationPlan {
  readonly checks: readonly Check[];
  readonly guarded: readonly GuardedField[];
}

/**
 * The guarded fields of a validated operation, or null when there are none. A fragment is visited once, however
 * often it is spread: the type on which its fields are selected is the same everywhere.
 */
export function compileOperation(
  operation: SelectedOperation,
  sources: { readonly guardOf: GuardOf; readonly isPlainPolicy: (name: string) => boolean },
): AuthorizationPlan | null {
  const checks = new CheckList(sources.isPlainPolicy);
  const guarded: GuardedField[] = [];
  for (const place of fieldPlaces(operation)) {
    const guard = sources.guardOf(place.parentType.name, place.node.name.value);
    if (guard === null) continue;
    guarded.push({
      node: place.node,
      checks: [
        ...guard.requirements.map(requirement => checks.requirement(requirement, place)),
        ...[...guard.rules].map(([rule, types]) => checks.rule(rule, types, place)),
      ],
    });
  }
  return guarded.length === 0 ? null : Object.freeze({ checks: checks.all, guarded });
}

class CheckList {
  readonly all: Check[] = [];
  readonly #known = new Map<object, number>();
  readonly #isPlainPolicy: (name: string) => boolean;

  constructor(isPlainPolicy: (name: string) => boolean) {
    this.#isPlainPolicy = isPlainPolicy;
  }

  requirement(requirement: AccessRequirement, place: FieldPlace): number {
    const isPlain = requirement.policies.flat(2).every(this.#isPlainPolicy);
    return this.#add({ kind: 'requirement', requirement, place }, isPlain ? requirement : null);
  }

  rule(rule: RulePlan, types: ReadonlySet<string>, place: FieldPlace): number {
    return this.#add({ kind: 'rule', rule, types, place }, rule.isContextual ? rule : null);
  }

  /** @param identity what makes two checks the same; null: the check is about this place alone. */
  #add(check: Check, identity: object | null): number {
    const known = identity === null ? undefined : this.#known.get(identity);
    if (known !== undefined) return known;
    const index = this.all.push(check) - 1;
    if (identity !== null) this.#known.set(identity, index);
    return index;
  }
}
