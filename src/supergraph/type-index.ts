import { type DocumentNode, type InputValueDefinitionNode, Kind, type TypeNode } from 'graphql';

interface IndexedField {
  readonly type: TypeNode;
  readonly arguments: readonly InputValueDefinitionNode[];
}

interface IndexedType {
  readonly isLeaf: boolean;
  readonly fields: ReadonlyMap<string, IndexedField>;
}

/** The types of a document by name, extensions joined: subgraphs' schemas are checked before anything is built of them. */
export type TypeIndex = ReadonlyMap<string, IndexedType>;

export function indexTypes(document: DocumentNode): TypeIndex {
  const types = new Map<string, IndexedType & { readonly fields: Map<string, IndexedField> }>();
  for (const node of document.definitions) {
    if (!('name' in node) || node.name === undefined || node.kind === Kind.DIRECTIVE_DEFINITION) continue;
    const isLeaf = node.kind.startsWith('Enum') || node.kind.startsWith('Scalar');
    const type = types.get(node.name.value) ?? { isLeaf, fields: new Map() };
    types.set(node.name.value, type);
    for (const field of 'fields' in node ? (node.fields ?? []) : []) {
      const parameters = 'arguments' in field ? (field.arguments ?? []) : [];
      type.fields.set(field.name.value, { type: field.type, arguments: parameters });
    }
  }
  return types;
}

/** Why a path of fields below a type finds no one value, or null. Names that nothing defines are scalars. */
export function objectionToPath(path: readonly string[], from: TypeNode, types: TypeIndex): string | null {
  let type = from;
  for (const name of path) {
    const field = namedIn(type, types)?.fields.get(name);
    if (field === undefined)
      return isList(type) ? 'leads through a list, of which no one element can be meant' : 'is not there';
    type = field.type;
  }
  if (isList(type)) return 'is a list, of which no one element can be meant';
  return namedIn(type, types)?.isLeaf === false ? 'is an object; name one of its fields' : null;
}

function withoutNull(type: TypeNode): TypeNode {
  return type.kind === Kind.NON_NULL_TYPE ? type.type : type;
}

function isList(type: TypeNode): boolean {
  return withoutNull(type).kind === Kind.LIST_TYPE;
}

function namedIn(type: TypeNode, types: TypeIndex): IndexedType | undefined {
  const inner = withoutNull(type);
  return inner.kind === Kind.NAMED_TYPE ? types.get(inner.name.value) : undefined;
}
