import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
} from 'graphql';

/**
 * The fields (`Type.field`) that count against a limit on a coordinate. A limit on a field is one on it wherever it
 * may be selected: through the interfaces of its type, and on all that implement it where it is an interface's. A
 * limit on a type is one on every field that may answer with it.
 */
export function limitedFields(coordinate: string, schema: GraphQLSchema): ReadonlySet<string> {
  const [typeName = '', fieldName] = coordinate.split('.');
  const type = schema.getType(typeName);
  if (!isCompositeType(type)) return new Set();
  return fieldName === undefined ? fieldsAnswering(type, schema) : sameField({ type, fieldName }, schema);
}

/** Object types that a value of the type may be of. */
export function objectTypes(type: GraphQLNamedType, schema: GraphQLSchema): readonly string[] {
  if (isAbstractType(type)) return schema.getPossibleTypes(type).map(({ name }) => name);
  return isObjectType(type) ? [type.name] : [];
}

function sameField(
  { type, fieldName }: { readonly type: GraphQLCompositeType; readonly fieldName: string },
  schema: GraphQLSchema,
): ReadonlySet<string> {
  const objects = new Set(objectTypes(type, schema));
  const found = new Set<string>();
  for (const other of Object.values(schema.getTypeMap())) {
    if (!isObjectType(other) && !isInterfaceType(other)) continue;
    if (other.getFields()[fieldName] === undefined) continue;
    if (objectTypes(other, schema).some(name => objects.has(name))) found.add(`${other.name}.${fieldName}`);
  }
  return found;
}

function fieldsAnswering(type: GraphQLCompositeType, schema: GraphQLSchema): ReadonlySet<string> {
  const objects = new Set(objectTypes(type, schema));
  const answers = (field: GraphQLField<unknown, unknown>): boolean => {
    const answer = getNamedType(field.type);
    return objectTypes(answer, schema).some(name => objects.has(name));
  };
  const found = new Set<string>();
  for (const other of Object.values(schema.getTypeMap())) {
    if (!isObjectType(other) && !isInterfaceType(other)) continue;
    if (other.name.startsWith('__')) continue;
    for (const field of Object.values(other.getFields())) {
      if (answers(field)) found.add(`${other.name}.${field.name}`);
    }
  }
  return found;
}
