import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** A validated operation. */
export interface LimitedOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** The API schema that it was validated against. */
  readonly schema: GraphQLSchema;
}

export interface TouchedField {
  readonly node: FieldNode;
  readonly field: GraphQLField<unknown, unknown>;
  readonly parent: GraphQLCompositeType;
  readonly coordinate: string;
}

/** Every field node of an operation, once, however often its fragment is spread; what is only about types is left out. */
export function touchedFields({ document, definition, schema }: LimitedOperation): readonly TouchedField[] {
  const found: TouchedField[] = [];
  const root = schema.getRootType(definition.operation);
  if (!root) return found;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const pending: [GraphQLCompositeType, SelectionSetNode][] = [[root, definition.selectionSet]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [parent, { selections }] = next;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const touched = touchedField(parent, selection);
        if (touched === null) continue;
        found.push(touched);
        const type = getNamedType(touched.field.type);
        if (selection.selectionSet !== undefined && isCompositeType(type))
          pending.push([type, selection.selectionSet]);
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : takeOnce(fragments, selection.name.value);
      const condition = fragment?.typeCondition?.name.value;
      const type = condition === undefined ? parent : schema.getType(condition);
      if (fragment !== undefined && isCompositeType(type)) pending.push([type, fragment.selectionSet]);
    }
  }
  return found;
}

/** The type on which a fragment's fields are selected is the same wherever it is spread. */
function takeOnce(
  fragments: Map<string, FragmentDefinitionNode>,
  name: string,
): FragmentDefinitionNode | undefined {
  const fragment = fragments.get(name);
  fragments.delete(name);
  return fragment;
}

function touchedField(parent: GraphQLCompositeType, node: FieldNode): TouchedField | null {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return null;
  const field = parent.getFields()[node.name.value];
  if (field === undefined) return null;
  return { node, field, parent, coordinate: `${parent.name}.${field.name}` };
}

/** What says who resolves a field: coordinate → subgraphs, and coordinate → what its `@requires` read. */
export interface FieldSources {
  readonly owners: ReadonlyMap<string, readonly string[]>;
  readonly requires: ReadonlyMap<string, readonly string[]>;
}

/**
 * Subgraphs that a plan is likely to need, known before there is one: those that alone resolve a selected field, or
 * what it requires. Of a field that several resolve none is added where one of them is needed anyway, as planners stay
 * where they are; otherwise each, as any may be asked.
 */
export function touchedSubgraphs(
  fields: readonly TouchedField[],
  schema: GraphQLSchema,
  { owners, requires }: FieldSources,
): ReadonlySet<string> {
  const needed = new Set<string>();
  const open: (readonly string[])[] = [];
  const visit = (coordinate: string): void => {
    const names = owners.get(coordinate) ?? [];
    const [only] = names;
    if (names.length === 1 && only !== undefined) needed.add(only);
    else open.push(names);
  };
  for (const { parent, field } of fields) {
    const types = isAbstractType(parent)
      ? schema.getPossibleTypes(parent).map(({ name }) => name)
      : [parent.name];
    for (const type of types) {
      const coordinate = `${type}.${field.name}`;
      visit(coordinate);
      for (const required of requires.get(coordinate) ?? []) visit(required);
    }
  }
  for (const names of open) {
    if (!names.some(name => needed.has(name))) for (const name of names) needed.add(name);
  }
  return needed;
}
