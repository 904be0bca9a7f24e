import { type GraphQLSchema, isInterfaceType } from 'graphql';
import { objectTypesOf } from '../../shared/object-types.ts';
import type { EntityKey } from '../../supergraph/entity-keys.ts';

export interface TypeSources {
  /** With all types, hidden ones too. */
  readonly schema: GraphQLSchema;
  /** Type → the keys by which subgraphs know its entities. */
  readonly keys: ReadonlyMap<string, readonly EntityKey[]>;
}

/**
 * The types that something may be kept as which is of the given type: itself, what an interface or union stands for,
 * and the interfaces that are entities, as a subgraph that has them as interface objects does not tell their types.
 */
export function relatedTypes(name: string, { schema, keys }: TypeSources): readonly string[] {
  const type = schema.getType(name);
  const members = objectTypesOf(type, schema);
  const above = isInterfaceType(type) ? type.getInterfaces() : [];
  const interfaces = [...above, ...members.flatMap(member => member.getInterfaces())];
  const entities = interfaces.filter(one => keys.has(one.name));
  return [...new Set([name, ...[...members, ...entities].map(one => one.name)])];
}
