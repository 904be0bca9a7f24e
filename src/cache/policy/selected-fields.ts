import {
  type DocumentNode,
  doTypesOverlap,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  isUnionType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { ALWAYS, type Condition, createNarrow } from './condition.ts';
import type { Field } from './field-restrictions.ts';

export interface SelectedField {
  readonly parent: GraphQLObjectType | GraphQLInterfaceType;
  readonly field: Field;
  readonly node: FieldNode;
}

/** Condition → the fields that may be in an answer only if it holds. Those that always may be come first. */
export type SelectedFields = ReadonlyMap<Condition, readonly SelectedField[]>;

/** A selection set and the type that it is on. */
export interface Selection {
  readonly type: GraphQLCompositeType;
  readonly set: SelectionSetNode;
}

interface Pending extends Selection {
  readonly condition: Condition;
}

/**
 * All that a valid selection may select, what `@skip(if: true)` and `@include(if: false)` leave out aside. A fragment
 * is visited once for each condition under which it is spread: its fields are on the same type everywhere. Null where the
 * schema does not know something in it: nothing can be said of it then.
 */
export function selectedFields(
  start: Selection,
  { document, schema }: { readonly document: DocumentNode; readonly schema: GraphQLSchema },
): SelectedFields | null {
  const found = new Map<Condition, SelectedField[]>([[ALWAYS, []]]);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const isFirst = createIsFirst();
  const narrow = createNarrow();
  const pending: Pending[] = [{ ...start, condition: ALWAYS }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { type } = next;
    for (const selection of next.set.selections) {
      const condition = narrow(next.condition, selection.directives);
      if (condition === null) continue;
      if (selection.kind === Kind.FIELD) {
        if (selection.name.value.startsWith('__')) continue;
        const selected = selectedField(type, selection);
        if (selected === null) return null;
        found.set(condition, found.get(condition) ?? []);
        found.get(condition)?.push(selected);
        const answer = getNamedType(selected.field.type);
        if (selection.selectionSet !== undefined && isCompositeType(answer))
          pending.push({ type: answer, set: selection.selectionSet, condition });
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      const on = schema.getType(fragment?.typeCondition?.name.value ?? type.name);
      if (fragment === undefined || !isCompositeType(on)) return null;
      // Entities of several types are asked for side by side.
      if (!doTypesOverlap(schema, type, on)) continue;
      if (fragment.kind === Kind.INLINE_FRAGMENT) {
        // What is of one type for certain stays of it: a fragment on an interface makes it no other.
        pending.push({ type: isObjectType(type) ? type : on, set: fragment.selectionSet, condition });
      } else if (isFirst(fragment, condition))
        pending.push({ type: on, set: fragment.selectionSet, condition });
    }
  }
  return found;
}

/** Whether a fragment has yet to be visited under a condition; never again, once it was without any. */
function createIsFirst(): (fragment: FragmentDefinitionNode, condition: Condition) => boolean {
  const visited = new Map<FragmentDefinitionNode, Set<Condition>>();
  return (fragment, condition) => {
    const conditions = visited.get(fragment) ?? new Set();
    visited.set(fragment, conditions);
    if (conditions.has(ALWAYS) || conditions.has(condition)) return false;
    conditions.add(condition);
    return true;
  };
}

function selectedField(parent: GraphQLCompositeType, node: FieldNode): SelectedField | null {
  if (isUnionType(parent)) return null;
  const field = parent.getFields()[node.name.value];
  return field === undefined ? null : { parent, field, node };
}
