import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { objectTypesOf } from '../../shared/object-types.ts';

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

function sameField(
  { type, fieldName }: { readonly type: GraphQLCompositeType; readonly fieldName: string },
  schema: GraphQLSchema,
): ReadonlySet<string> {
  const objects = new Set(objectTypesOf(type, schema));
  const found = new Set<string>();
  for (const other of Object.values(schema.getTypeMap())) {
    if (!isObjectType(other) && !isInterfaceType(other)) continue;
    if (other.getFields()[fieldName] === undefined) continue;
    if (objectTypesOf(other, schema).some(one => objects.has(one))) found.add(`${other.name}.${fieldName}`);
  }
  return found;
}

function fieldsAnswering(type: GraphQLCompositeType, schema: GraphQLSchema): ReadonlySet<string> {
  const objects = new Set(objectTypesOf(type, schema));
  const answers = (field: GraphQLField<unknown, unknown>): boolean => {
    return objectTypesOf(getNamedType(field.type), schema).some(one => objects.has(one));
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
