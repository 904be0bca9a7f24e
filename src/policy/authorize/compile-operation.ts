import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { AccessRequirement } from '../../supergraph/access.ts';
import type { GuardOf } from './guards.ts';
import type { RulePlan } from './rules/rule-plan.ts';

/** One place of an operation at which a field is selected. */
export interface FieldPlace {
  readonly node: FieldNode;
  readonly parentType: GraphQLCompositeType;
  readonly field: GraphQLField<unknown, unknown>;
}

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

export interface CompileInput {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly schema: GraphQLSchema;
}

/**
 * The guarded fields of a validated operation, or null when there are none. A fragment is visited once, however
 * often it is spread: the type on which its fields are selected is the same everywhere.
 */
export function compileOperation(
  input: CompileInput,
  sources: { readonly guardOf: GuardOf; readonly isPlainPolicy: (name: string) => boolean },
): AuthorizationPlan | null {
  const checks = new CheckList(sources.isPlainPolicy);
  const guarded: GuardedField[] = [];
  for (const place of fieldPlaces(input)) {
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

function* fieldPlaces({ document, definition, schema }: CompileInput): Generator<FieldPlace> {
  const root = schema.getRootType(definition.operation);
  if (!root) return;
  const pending: [GraphQLCompositeType, SelectionSetNode][] = [[root, definition.selectionSet]];
  const spread = new Set<string>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [parentType, { selections }] = next;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const field = fieldOf(parentType, selection);
        if (field === undefined) continue;
        yield { node: selection, parentType, field };
        const type = getNamedType(field.type);
        if (selection.selectionSet !== undefined && isCompositeType(type))
          pending.push([type, selection.selectionSet]);
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection
          : fragmentOf(document, selection.name.value, spread);
      const condition = fragment?.typeCondition?.name.value;
      const type = condition === undefined ? parentType : schema.getType(condition);
      if (fragment !== undefined && isCompositeType(type)) pending.push([type, fragment.selectionSet]);
    }
  }
}

function fragmentOf(document: DocumentNode, name: string, spread: Set<string>) {
  if (spread.has(name)) return undefined;
  spread.add(name);
  return document.definitions.find(
    definition => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
  ) as Extract<DocumentNode['definitions'][number], { kind: Kind.FRAGMENT_DEFINITION }> | undefined;
}

/** Undefined for `__typename`, `__schema` and `__type`, which contracts and switches are for. */
function fieldOf(
  type: GraphQLCompositeType,
  { name }: FieldNode,
): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name.value] : undefined;
}
