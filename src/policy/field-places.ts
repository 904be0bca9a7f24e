import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
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

/** A validated operation. */
export interface SelectedOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** The API schema that it was validated against. */
  readonly schema: GraphQLSchema;
}

/** One place of an operation at which a field is selected. */
export interface FieldPlace {
  readonly node: FieldNode;
  readonly field: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLCompositeType;
  readonly coordinate: string;
}

type Fragments = Map<string, FragmentDefinitionNode>;

/** Every field node of an operation, once, however often its fragment is spread; what is only about types is left out. */
export function fieldPlaces({ document, definition, schema }: SelectedOperation): readonly FieldPlace[] {
  const root = schema.getRootType(definition.operation);
  if (!root) return [];
  const fragments: Fragments = new Map();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  return placesBelow([[root, definition.selectionSet]], fragments, schema);
}

/** Those of fragments that stand alone, and spread no others. */
export function fragmentPlaces(
  fragments: readonly FragmentDefinitionNode[],
  schema: GraphQLSchema,
): readonly FieldPlace[] {
  const selected = fragments.flatMap(({ typeCondition, selectionSet }): Selected[] => {
    const type = schema.getType(typeCondition.name.value);
    return isCompositeType(type) ? [[type, selectionSet]] : [];
  });
  return placesBelow(selected, new Map(), schema);
}

type Selected = [GraphQLCompositeType, SelectionSetNode];

/** @param fragments those not seen yet. */
function placesBelow(
  pending: Selected[],
  fragments: Fragments,
  schema: GraphQLSchema,
): readonly FieldPlace[] {
  const found: FieldPlace[] = [];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [parentType, { selections }] = next;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const place = placeOf(parentType, selection);
        if (place === null) continue;
        found.push(place);
        const type = getNamedType(place.field.type);
        if (selection.selectionSet !== undefined && isCompositeType(type))
          pending.push([type, selection.selectionSet]);
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : takeOnce(fragments, selection.name.value);
      const condition = fragment?.typeCondition?.name.value;
      const type = condition === undefined ? parentType : schema.getType(condition);
      if (fragment !== undefined && isCompositeType(type)) pending.push([type, fragment.selectionSet]);
    }
  }
  return found;
}

/** The type on which a fragment's fields are selected is the same wherever it is spread. */
function takeOnce(fragments: Fragments, name: string): FragmentDefinitionNode | undefined {
  const fragment = fragments.get(name);
  fragments.delete(name);
  return fragment;
}

/** Null for `__typename`, `__schema` and `__type`, which contracts and switches are for. */
function placeOf(parentType: GraphQLCompositeType, node: FieldNode): FieldPlace | null {
  if (!isObjectType(parentType) && !isInterfaceType(parentType)) return null;
  const field = parentType.getFields()[node.name.value];
  if (field === undefined) return null;
  return { node, field, parentType, coordinate: `${parentType.name}.${field.name}` };
}
