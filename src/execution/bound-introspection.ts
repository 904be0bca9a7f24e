import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';
import { GatewayError } from '../errors.ts';

/** Values that an introspection may bring, for each type, field, argument and enum value: twice what tools ask. */
const VALUES_PER_ELEMENT = 40;
const VALUES_ANYWAY = 50_000;

type Field = GraphQLField<unknown, unknown>;
type Variables = Readonly<Record<string, unknown>>;

/**
 * Counts the values of an introspection before it is executed, and stops at the bound: with aliases a document
 * of one kilobyte asks for millions, and execution gives no other request a turn until it has them all.
 * @throws GatewayError DOCUMENT_LIMIT_EXCEEDED
 */
export function boundIntrospection(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Variables,
): void {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      fragments.set(definition.name.value, definition.selectionSet);
  }
  const info = { schema } as GraphQLResolveInfo;
  let left = VALUES_ANYWAY + VALUES_PER_ELEMENT * countElements(schema);

  const visitSet = (
    set: SelectionSetNode,
    fieldOf: (name: string) => Field | undefined,
    on: unknown,
  ): void => {
    for (const selection of set.selections) {
      if (--left < 0) throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED', { message: TOO_MUCH });
      if (selection.kind === Kind.FIELD) visitField(selection, fieldOf(selection.name.value), on);
      else {
        const inner =
          selection.kind === Kind.FRAGMENT_SPREAD
            ? fragments.get(selection.name.value)
            : selection.selectionSet;
        if (inner !== undefined) visitSet(inner, fieldOf, on);
      }
    }
  };
  const visitField = (node: FieldNode, field: Field | undefined, on: unknown): void => {
    const type = getNamedType(field?.type);
    if (node.selectionSet === undefined || !(type instanceof GraphQLObjectType) || !field?.resolve) return;
    const given = argumentsOf(field, node, variables);
    if (given === null) return;
    const value = field.resolve(on, given, undefined, info);
    const below = type.getFields();
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null && item !== undefined) visitSet(node.selectionSet, name => below[name], item);
    }
  };
  const operation = document.definitions.find(definition => definition.kind === Kind.OPERATION_DEFINITION);
  if (operation !== undefined) visitSet(operation.selectionSet, name => ROOT.get(name), undefined);
}

/** Null: a variable is null where the argument may not be, and the field brings nothing. */
function argumentsOf(
  field: Field,
  node: FieldNode,
  variables: Variables,
): ReturnType<typeof getArgumentValues> | null {
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    return null;
  }
}

const TOO_MUCH = 'The introspection asks for more than this schema holds. Ask for each part of it once.';

const ROOT: ReadonlyMap<string, Field> = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef].map(field => [field.name, field]),
);

function countElements(schema: GraphQLSchema): number {
  let count = 0;
  for (const type of Object.values(schema.getTypeMap())) {
    count++;
    if ('getValues' in type) count += type.getValues().length;
    if (!('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) count += 'args' in field ? 1 + field.args.length : 1;
  }
  return count;
}
