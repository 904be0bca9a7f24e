import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  getNamedType,
  isCompositeType,
  isUnionType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { SelectedOperation } from '../../policy/field-places.ts';
import { ALWAYS, type Condition, createNarrow } from './condition.ts';
import type { Field } from './field-restrictions.ts';

export interface SelectedField {
  readonly parent: GraphQLObjectType | GraphQLInterfaceType;
  readonly field: Field;
  readonly node: FieldNode;
}

/** Condition → the fields that may be in an answer only if it holds. Those that always may be come first. */
export type SelectedFields = ReadonlyMap<Condition, readonly SelectedField[]>;

interface Pending {
  readonly type: GraphQLCompositeType;
  readonly set: SelectionSetNode;
  readonly condition: Condition;
}

/**
 * All that a validated operation may select, what `@skip(if: true)` and `@include(if: false)` leave out aside. A
 * fragment is visited once for each condition under which it is spread: its fields are on the same type everywhere.
 */
export function selectedFields({ document, definition, schema }: SelectedOperation): SelectedFields {
  const found = new Map<Condition, SelectedField[]>([[ALWAYS, []]]);
  const root = schema.getRootType(definition.operation);
  if (!root) return found;
  const takeFragment = fragmentsOf(
    document.definitions.filter(node => node.kind === Kind.FRAGMENT_DEFINITION),
  );
  const narrow = createNarrow();
  const pending: Pending[] = [{ type: root, set: definition.selectionSet, condition: ALWAYS }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const selection of next.set.selections) {
      const condition = narrow(next.condition, selection.directives);
      if (condition === null) continue;
      if (selection.kind === Kind.FIELD) {
        const selected = selectedField(next.type, selection);
        if (selected === null) continue;
        const others = found.get(condition);
        if (others === undefined) found.set(condition, [selected]);
        else others.push(selected);
        const type = getNamedType(selected.field.type);
        if (selection.selectionSet !== undefined && isCompositeType(type))
          pending.push({ type, set: selection.selectionSet, condition });
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : takeFragment(selection.name.value, condition);
      const name = fragment?.typeCondition?.name.value;
      const type = name === undefined ? next.type : schema.getType(name);
      if (fragment !== undefined && isCompositeType(type))
        pending.push({ type, set: fragment.selectionSet, condition });
    }
  }
  return found;
}

/** Gives a fragment once for each condition, and for none after it was given for all. */
function fragmentsOf(
  definitions: readonly FragmentDefinitionNode[],
): (name: string, condition: Condition) => FragmentDefinitionNode | undefined {
  const fragments = new Map(
    definitions.map(fragment => [fragment.name.value, { fragment, taken: new Set<Condition>() }]),
  );
  return (name, condition) => {
    const entry = fragments.get(name);
    if (entry === undefined || entry.taken.has(ALWAYS) || entry.taken.has(condition)) return undefined;
    entry.taken.add(condition);
    return entry.fragment;
  };
}

/** Null for `__typename`, `__schema` and `__type`. */
function selectedField(parent: GraphQLCompositeType, node: FieldNode): SelectedField | null {
  if (isUnionType(parent)) return null;
  const field = parent.getFields()[node.name.value];
  return field === undefined ? null : { parent, field, node };
}
