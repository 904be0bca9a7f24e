import { buildSchema, type GraphQLSchema, Kind, parse } from 'graphql';
import type { CachePolicy } from '../../../src/cache/policy/cache-policy.ts';
import { compilePolicy, type OperationPolicy } from '../../../src/cache/policy/compile-policy.ts';
import { createRestrictions, type FieldRules } from '../../../src/cache/policy/field-restrictions.ts';
import { examineCacheControl } from '../../../src/supergraph/cache-directives.ts';
import { examineCacheTags } from '../../../src/supergraph/cache-tags.ts';

export const DEFINITIONS = `
  enum CacheControlScope { PUBLIC PRIVATE }
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean, staleWhileRevalidate: Int, staleIfError: Int)
    on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  directive @cacheTag(format: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE
  directive @key(fields: String!) repeatable on OBJECT | INTERFACE`;

export interface GraphOptions extends Partial<Omit<FieldRules, 'schema'>> {
  readonly factor?: number;
  readonly owners?: ReadonlyMap<string, readonly string[]>;
}

export interface CachedGraph {
  readonly schema: GraphQLSchema;
  compile(query: string, operationName?: string): OperationPolicy;
  /** Seconds in, seconds out: `[maxAge, scope, staleWhileRevalidate, staleIfError]`. */
  policy(query: string, variables?: Readonly<Record<string, unknown>>): readonly unknown[] | null;
}

/** A schema with directives, and the policies of operations on it. */
export function cachedGraph(typeDefs: string, options: GraphOptions = {}): CachedGraph {
  const schema = buildSchema(`${DEFINITIONS}\n${typeDefs}`);
  const document = parse(typeDefs);
  const { hints, problems } = examineCacheControl(document);
  const { tags, problems: ofTags } = examineCacheTags(document);
  if (problems.length + ofTags.length > 0) throw new Error(JSON.stringify([...problems, ...ofTags]));
  const restrictionAt = createRestrictions({
    schema,
    supergraphSchema: schema,
    hints,
    defaultMaxAgeMs: 0,
    requires: new Map(),
    isGuarded: () => false,
    ...options,
  });
  const { factor = 1, owners = new Map() } = options;
  const compile = (query: string, operationName?: string): OperationPolicy => {
    const operation = parse(query);
    const definition = operation.definitions.find(
      node =>
        node.kind === Kind.OPERATION_DEFINITION &&
        (operationName === undefined || node.name?.value === operationName),
    );
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no such operation');
    return compilePolicy(
      { document: operation, definition, schema, hash: 'h' },
      { restrictionAt, factor, schema, tags, owners },
    );
  };
  return {
    schema,
    compile,
    policy: (query, variables = {}) => inSeconds(compile(query).policyOf(variables)),
  };
}

function inSeconds(policy: CachePolicy | null): readonly unknown[] | null {
  if (policy === null) return null;
  const { maxAgeMs, scope, staleWhileRevalidateMs, staleIfErrorMs } = policy;
  return [maxAgeMs / 1_000, scope, staleWhileRevalidateMs / 1_000, staleIfErrorMs / 1_000];
}
