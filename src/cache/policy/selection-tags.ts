import { type GraphQLSchema, getNamedType } from 'graphql';
import type { CacheTag } from '../../supergraph/cache-tags.ts';
import { argumentText, type TextOf } from './argument-value.ts';
import { ALWAYS, mayHold, type Variables } from './condition.ts';
import { type RequiredSources, requiredNames } from './required-names.ts';
import type { SelectedField, SelectedFields } from './selected-fields.ts';
import { EVERYTHING, operationNameTag, operationTag, tagsNamed } from './tag-names.ts';
import { typeNames } from './type-names.ts';

export interface TagSources extends RequiredSources {
  /** What operations can select. */
  readonly schema: GraphQLSchema;
}

export interface NamedOperation {
  /** Of its document. */
  readonly hash: string;
  readonly name: string | undefined;
}

/** The tags of an answer that has been made with these variables, coerced ones. Bounded in number and length. */
export type TagsOf = (variables: Variables) => readonly string[];

/**
 * Compiles the tags that a selection has by itself: those of its fields, types and subgraphs, of what these are computed
 * from, and of the operation that it is. Tags by the keys of entities come from the entities; see entity-tags.ts.
 */
export function compileTags(
  fields: SelectedFields,
  operation: NamedOperation | null,
  sources: TagSources,
): TagsOf {
  const all = [...fields.values()].flat();
  const coordinates = all.flatMap(selected => coordinatesOf(selected, sources.schema));
  const required = requiredNames(coordinates, sources);
  const types = all.flatMap(selected => [selected.parent.name, ...typesOf(selected, sources.schema)]);
  const implicit = [
    EVERYTHING,
    ...(operation === null ? [] : tagsOfOperation(operation)),
    ...tagsNamed('type', new Set([...types, ...required.types])),
    ...tagsNamed('subgraph', new Set([...subgraphsOf(coordinates, sources), ...required.subgraphs])),
    ...required.untold,
  ];
  const groups = [...fields].flatMap(([condition, selected]) => {
    const texts = selected.flatMap(one => textsOf(one, sources));
    return texts.length === 0 ? [] : [{ condition, texts }];
  });
  const isConstant = groups.every(
    ({ condition, texts }) => condition === ALWAYS && texts.every(text => typeof text === 'string'),
  );
  const tagsOf: TagsOf = variables => {
    const texts = groups
      .filter(({ condition }) => mayHold(condition, variables))
      .flatMap(group => group.texts);
    return Object.freeze([
      ...implicit,
      ...tagsNamed('tag', textsWith([...required.texts, ...texts], variables)),
    ]);
  };
  if (!isConstant) return tagsOf;
  const tags = tagsOf({});
  return () => tags;
}

function tagsOfOperation({ hash, name }: NamedOperation): readonly string[] {
  return name === undefined ? [operationTag(hash)] : [operationTag(hash), operationNameTag(name)];
}

function* textsWith(texts: readonly TextOf[], variables: Variables): Generator<string> {
  for (const text of texts) yield typeof text === 'string' ? text : text(variables);
}

function typesOf({ field }: SelectedField, schema: GraphQLSchema): readonly string[] {
  return typeNames(getNamedType(field.type), schema);
}

function coordinatesOf({ parent, field }: SelectedField, schema: GraphQLSchema): readonly string[] {
  return typeNames(parent, schema).map(name => `${name}.${field.name}`);
}

function subgraphsOf(coordinates: readonly string[], { owners }: TagSources): readonly string[] {
  return coordinates.flatMap(coordinate => owners.get(coordinate) ?? []);
}

/** Of its types only what has no placeholder: those are filled from entities. */
function textsOf(selected: SelectedField, { schema, tags }: TagSources): readonly TextOf[] {
  const ofField = coordinatesOf(selected, schema).flatMap(coordinate => tags.get(coordinate) ?? []);
  const ofTypes = typesOf(selected, schema)
    .flatMap(type => tags.get(type) ?? [])
    .filter(({ format }) => format.every(part => typeof part === 'string'));
  return [...new Set([...ofField, ...ofTypes])].map(tag => tagText(tag, selected));
}

function tagText({ format }: CacheTag, { field, node }: SelectedField): TextOf {
  const parts = format.map(part => (typeof part === 'string' ? part : argumentText(part.path, field, node)));
  if (parts.every(part => typeof part === 'string')) return parts.join('');
  return variables => parts.map(part => (typeof part === 'string' ? part : part(variables))).join('');
}
