import { type GraphQLNamedType, type GraphQLSchema, isCompositeType } from 'graphql';
import { objectTypesOf } from '../../shared/object-types.ts';

/** The name of a type, and those of all that a value of it may be; none for leaves. */
export function typeNames(type: GraphQLNamedType, schema: GraphQLSchema): readonly string[] {
  if (!isCompositeType(type)) return [];
  return [...new Set([type, ...objectTypesOf(type, schema)].map(({ name }) => name))];
}
