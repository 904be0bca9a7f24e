import { buildSchema, type GraphQLSchema, Kind, parse } from 'graphql';
import { ChangedEntities } from '../../../src/cache/invalidation/tags-of-changes.ts';
import { tagsOfTargets } from '../../../src/cache/invalidation/tags-of-targets.ts';
import type { CacheTarget } from '../../../src/cache/policy/tag-names.ts';
import { compileEntitiesIn } from '../../../src/cache/response/entities-in.ts';
import { AnswerEntityTags } from '../../../src/cache/response/entity-tags-of-answer.ts';
import { examineCacheTags } from '../../../src/supergraph/cache-tags.ts';
import { keyPaths } from '../../../src/supergraph/entity-keys.ts';
import { DEFINITIONS } from '../policy/cached-graph.ts';

type Data = Parameters<NonNullable<ReturnType<typeof compileEntitiesIn>>>[0];

export interface EntityGraph {
  readonly schema: GraphQLSchema;
  readonly keys: ReadonlyMap<
    string,
    readonly { readonly subgraph: string; readonly paths: readonly (readonly string[])[] }[]
  >;
  /** What an answer is kept under, of its entities. */
  kept(query: string, data: Data, operationName?: string): readonly string[];
  /** What is invalidated where it is the answer to a mutation. */
  changed(query: string, data: Data, operationName?: string): readonly string[];
  /** What an operator invalidates. */
  targeted(...targets: readonly CacheTarget[]): readonly string[];
}

/** A schema whose `@key`s and `@cacheTag`s are read as those of a supergraph. */
export function entityGraph(typeDefs: string): EntityGraph {
  const schema = buildSchema(`${DEFINITIONS}\n${typeDefs}`);
  const document = parse(typeDefs);
  const { tags, problems } = examineCacheTags(document);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const keys = new Map(
    document.definitions.flatMap(node => {
      if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION)
        return [];
      const texts = (node.directives ?? [])
        .filter(({ name }) => name.value === 'key')
        .map(({ arguments: given }) => given?.[0]?.value)
        .map(value => (value?.kind === Kind.STRING ? value.value : ''));
      const found = texts.map(text => ({ subgraph: 'a', paths: keyPaths(text) }));
      return found.length === 0 ? [] : [[node.name.value, found] as const];
    }),
  );
  const entitiesIn = (query: string, operationName?: string) => {
    const operation = parse(query);
    const definition = operation.definitions.find(
      node =>
        node.kind === Kind.OPERATION_DEFINITION &&
        (operationName === undefined || node.name?.value === operationName),
    );
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no such operation');
    return compileEntitiesIn({ document: operation, definition, schema }, { keys, tags });
  };
  return {
    schema,
    keys,
    kept(query, data, operationName) {
      const found = new AnswerEntityTags();
      entitiesIn(query, operationName)?.(data, found.see);
      return found.tags();
    },
    changed(query, data, operationName) {
      const found = new ChangedEntities();
      entitiesIn(query, operationName)?.(data, found.see);
      return found.tags({ schema, keys });
    },
    targeted: (...targets) => tagsOfTargets(targets, { schema, keys }),
  };
}

export const meet = (some: readonly string[], others: readonly string[]): boolean =>
  some.some(tag => others.includes(tag));
