import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.ts';

/** Of `Type.field`; undefined where there is no such field. */
export function outputTypeAt(schema: GraphQLSchema, coordinate: string): GraphQLOutputType | undefined {
  const [typeName = '', name = ''] = coordinate.split('.');
  const type = schema.getType(typeName);
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
  return type.getFields()[name]?.type;
}

/**
 * Why a constant cannot be the value of a field (GraphQL spec 6.4.3, "Value Completion"), or null. Fields that it
 * leaves out are null, as long as they may be.
 */
export function constantProblem(value: Json, type: GraphQLOutputType, schema: GraphQLSchema): string | null {
  if (isNonNullType(type)) {
    if (value === null) return `null is no ${type}`;
    return constantProblem(value, type.ofType, schema);
  }
  if (value === null) return null;
  if (isListType(type)) {
    if (!Array.isArray(value)) return `${shown(value)} is no list`;
    return firstOf(value, item => constantProblem(item, type.ofType, schema));
  }
  if (isLeafType(type)) return leafProblem(value, type);
  if (!isJsonObject(value)) return `${shown(value)} is no object of ${type}`;
  const object = objectTypeOf(value, type, schema);
  if (object === null)
    return `an object of ${type} says which type it is of: add "__typename" with one that it can be`;
  return fieldsProblem(value, object, schema);
}

function fieldsProblem(
  value: JsonObject,
  type: ReturnType<GraphQLSchema['getPossibleTypes']>[number],
  schema: GraphQLSchema,
): string | null {
  const fields: Readonly<Record<string, GraphQLField<unknown, unknown>>> = type.getFields();
  const unknown = Object.keys(value).find(name => name !== '__typename' && !Object.hasOwn(fields, name));
  if (unknown !== undefined) return `${type.name} has no field ${unknown}`;
  return firstOf(Object.values(fields), field => {
    const given = value[field.name];
    if (given === undefined)
      return isNonNullType(field.type) ? `${type.name}.${field.name} is missing` : null;
    const problem = constantProblem(given, field.type, schema);
    return problem === null ? null : `${field.name}: ${problem}`;
  });
}

function objectTypeOf(value: JsonObject, type: GraphQLNamedType, schema: GraphQLSchema) {
  const { __typename: name = isObjectType(type) ? type.name : null } = value;
  if (isObjectType(type)) return name === type.name ? type : null;
  if (!isAbstractType(type)) return null;
  return schema.getPossibleTypes(type).find(member => member.name === name) ?? null;
}

const SCALARS: ReadonlyMap<string, (value: Json) => boolean> = new Map([
  ['Int', (value: Json) => Number.isInteger(value) && Math.abs(value as number) <= 0x7fff_ffff],
  ['Float', (value: Json) => typeof value === 'number'],
  ['String', (value: Json) => typeof value === 'string'],
  ['ID', (value: Json) => typeof value === 'string' || Number.isInteger(value)],
  ['Boolean', (value: Json) => typeof value === 'boolean'],
]);

function leafProblem(value: Json, type: GraphQLNamedType): string | null {
  if (isEnumType(type)) {
    const isMember = typeof value === 'string' && type.getValue(value) !== undefined;
    return isMember ? null : `${shown(value)} is no value of ${type.name}`;
  }
  // What custom scalars take only their subgraphs know.
  const fits = SCALARS.get(type.name);
  return fits === undefined || fits(value) ? null : `${shown(value)} is no ${type.name}`;
}

function firstOf<T>(items: readonly T[], problemOf: (item: T) => string | null): string | null {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== null) return problem;
  }
  return null;
}

const MAX_SHOWN = 40;

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** The constant with the type of each of its objects in it, so that whoever selects from it can be told. */
export function withTypeNames(value: Json, type: GraphQLOutputType, schema: GraphQLSchema): Json {
  if (isNonNullType(type)) return withTypeNames(value, type.ofType, schema);
  if (isListType(type) && Array.isArray(value))
    return value.map(item => withTypeNames(item, type.ofType, schema));
  if (!isJsonObject(value) || isLeafType(type) || isListType(type)) return value;
  const object = objectTypeOf(value, type, schema);
  if (object === null) return value;
  const fields = object.getFields();
  const named: JsonObject = { __typename: object.name };
  for (const [name, given] of Object.entries(value)) {
    const field = fields[name];
    if (field !== undefined && given !== undefined) named[name] = withTypeNames(given, field.type, schema);
  }
  return named;
}
