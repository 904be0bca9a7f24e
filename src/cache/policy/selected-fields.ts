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
 * is visited once for each condition under which it is spread: its fields are on the same type everywhere.
 */
export function selectedFields(
  start: Selection,
  { document, schema }: { readonly document: DocumentNode; readonly schema: GraphQLSchema },
): SelectedFields {
  const found = new Map<Condition, SelectedField[]>([[ALWAYS, []]]);
  const takeFragment = fragmentsOf(
    document.definitions.filter(node => node.kind === Kind.FRAGMENT_DEFINITION),
  );
  const narrow = createNarrow();
  const pending: Pending[] = [{ ...start, condition: ALWAYS }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { type } = next;
    for (const selection of next.set.selections) {
      const condition = narrow(next.condition, selection.directives);
      if (condition === null) continue;
      if (selection.kind === Kind.FIELD) {
        const selected = selectedField(type, selection);
        if (selected === null) continue;
        found.set(condition, found.get(condition) ?? []);
        found.get(condition)?.push(selected);
        const answer = getNamedType(selected.field.type);
        if (selection.selectionSet !== undefined && isCompositeType(answer))
          pending.push({ type: answer, set: selection.selectionSet, condition });
        continue;
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = fragmentType(type, selection.typeCondition?.name.value ?? type.name, schema);
        // What is of one type for certain stays of it: a fragment on an interface makes it no other.
        if (on !== null)
          pending.push({ type: isObjectType(type) ? type : on, set: selection.selectionSet, condition });
        continue;
      }
      const fragment = takeFragment(selection.name.value, condition, name =>
        fragmentType(type, name, schema),
      );
      if (fragment !== null) pending.push({ ...fragment, condition });
    }
  }
  return found;
}

/** Null where nothing of the one type is of the other: entities of several types are asked for side by side. */
function fragmentType(
  parent: GraphQLCompositeType,
  name: string,
  schema: GraphQLSchema,
): GraphQLCompositeType | null {
  const type = schema.getType(name);
  return isCompositeType(type) && doTypesOverlap(schema, parent, type) ? type : null;
}

type TakeFragment = (
  name: string,
  condition: Condition,
  typeOf: (condition: string) => GraphQLCompositeType | null,
) => Selection | null;

/** Gives a fragment once for each condition, and for none after it was given for all; where it does not apply it is not used up. */
function fragmentsOf(definitions: readonly FragmentDefinitionNode[]): TakeFragment {
  const fragments = new Map(
    definitions.map(fragment => [fragment.name.value, { fragment, taken: new Set<Condition>() }]),
  );
  return (name, condition, typeOf) => {
    const entry = fragments.get(name);
    if (entry === undefined || entry.taken.has(ALWAYS) || entry.taken.has(condition)) return null;
    const type = typeOf(entry.fragment.typeCondition.name.value);
    if (type === null) return null;
    entry.taken.add(condition);
    return { type, set: entry.fragment.selectionSet };
  };
}

/** Null for `__typename`, `__schema` and `__type`. */
function selectedField(parent: GraphQLCompositeType, node: FieldNode): SelectedField | null {
  if (isUnionType(parent)) return null;
  const field = parent.getFields()[node.name.value];
  return field === undefined ? null : { parent, field, node };
}
