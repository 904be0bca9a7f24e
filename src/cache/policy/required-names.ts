import { type GraphQLSchema, getNamedType } from 'graphql';
import type { CacheTag } from '../../supergraph/cache-tags.ts';
import type { EntityKey } from '../../supergraph/entity-keys.ts';
import { MANY_ENTITIES, UNTOLD_TAGS, unidentifiedTag } from './tag-names.ts';
import { typeNames } from './type-names.ts';

export interface RequiredSources {
  /** Field → the fields whose values reach it; see AccessTable.requires. */
  readonly requires: ReadonlyMap<string, readonly string[]>;
  /** With what operations cannot select. */
  readonly supergraphSchema: GraphQLSchema;
  /** Type → the keys by which subgraphs know its entities. */
  readonly keys: ReadonlyMap<string, readonly EntityKey[]>;
  /** `Type` or `Type.field` → its `@cacheTag`s. */
  readonly tags: ReadonlyMap<string, readonly CacheTag[]>;
  /** Coordinate → the subgraphs that may be asked for the field. */
  readonly owners: ReadonlyMap<string, readonly string[]>;
}

/** Names by which a value goes that others have been computed from, and that no answer shows. */
export interface RequiredNames {
  readonly types: readonly string[];
  readonly subgraphs: readonly string[];
  /** Of `@cacheTag`. */
  readonly texts: readonly string[];
  /** Further tags, of what nobody can tell: which entities there are, and what tags with placeholders come to. */
  readonly untold: readonly string[];
}

const MOST_ENTITY_TYPES = 64;

/** What the fields at these coordinates are computed from, and do not select. */
export function requiredNames(coordinates: readonly string[], sources: RequiredSources): RequiredNames {
  const { requires, supergraphSchema, keys, tags, owners } = sources;
  const required = [...new Set(coordinates.flatMap(coordinate => requires.get(coordinate) ?? []))];
  const below = [...new Set(required.flatMap(coordinate => typesBehind(coordinate, supergraphSchema)))];
  const written = [...required, ...below].flatMap(name => tags.get(name) ?? []);
  const texts = written.flatMap(({ format }) =>
    format.every(part => typeof part === 'string') ? [format.join('')] : [],
  );
  const entities = below.filter(name => keys.has(name));
  const unidentified = entities.flatMap(name =>
    (keys.get(name) ?? []).map(({ paths }) =>
      unidentifiedTag(
        name,
        paths.map(path => path.join('.')),
      ),
    ),
  );
  return {
    types: [...required.map(coordinate => coordinate.split('.')[0] ?? ''), ...below],
    subgraphs: required.flatMap(coordinate => owners.get(coordinate) ?? []),
    texts,
    untold: [
      ...(entities.length > MOST_ENTITY_TYPES ? [MANY_ENTITIES] : new Set(unidentified)),
      ...(texts.length < written.length ? [UNTOLD_TAGS] : []),
    ],
  };
}

/** The type that a field answers with, and all that a value of it may be; of the interface that has it, too. */
function typesBehind(coordinate: string, schema: GraphQLSchema): readonly string[] {
  const [typeName = '', fieldName = ''] = coordinate.split('.');
  const parent = schema.getType(typeName);
  const field = parent !== undefined && 'getFields' in parent ? parent.getFields()[fieldName] : undefined;
  if (field === undefined) return [];
  return typeNames(getNamedType(field.type), schema);
}
