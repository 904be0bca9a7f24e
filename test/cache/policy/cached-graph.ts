import { buildSchema, type GraphQLSchema, Kind, parse } from 'graphql';
import type { CachePolicy } from '../../../src/cache/policy/cache-policy.ts';
import {
  createPolicyCompiler,
  type PolicyCompiler,
  type SelectionPolicy,
} from '../../../src/cache/policy/compile-policy.ts';
import type { FieldRules } from '../../../src/cache/policy/field-restrictions.ts';
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

/** `[maxAge, scope, staleWhileRevalidate, staleIfError]`, in seconds; null: not kept. */
type Summary = readonly unknown[] | null;

export interface CachedGraph {
  readonly schema: GraphQLSchema;
  readonly compiler: PolicyCompiler;
  compile(query: string, operationName?: string): SelectionPolicy;
  policy(query: string, variables?: Readonly<Record<string, unknown>>): Summary;
}

/** A schema with directives, and the policies of operations on it. */
export function cachedGraph(typeDefs: string, { factor = 1, ...rules }: GraphOptions = {}): CachedGraph {
  const schema = buildSchema(`${DEFINITIONS}\n${typeDefs}`);
  const document = parse(typeDefs);
  const { hints, problems } = examineCacheControl(document);
  const { tags, problems: ofTags } = examineCacheTags(document);
  if (problems.length + ofTags.length > 0) throw new Error(JSON.stringify([...problems, ...ofTags]));
  const compiler = createPolicyCompiler({
    schema,
    supergraphSchema: schema,
    hints,
    tags,
    owners: new Map(),
    keys: new Map(),
    defaultMaxAgeMs: 0,
    requires: new Map(),
    isGuarded: () => false,
    ...rules,
  });
  const compile = (query: string, operationName?: string): SelectionPolicy => {
    const operation = parse(query);
    const definition = operation.definitions.find(
      node =>
        node.kind === Kind.OPERATION_DEFINITION &&
        (operationName === undefined || node.name?.value === operationName),
    );
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no such operation');
    return compiler.operation({ document: operation, definition, schema, hash: 'h' }, factor);
  };
  const policy = (query: string, variables = {}): Summary => inSeconds(compile(query).policyOf(variables));
  return { schema, compiler, compile, policy };
}

export function inSeconds(policy: CachePolicy | null): Summary {
  if (policy === null) return null;
  const { maxAgeMs, scope, staleWhileRevalidateMs, staleIfErrorMs } = policy;
  return [maxAgeMs / 1_000, scope, staleWhileRevalidateMs / 1_000, staleIfErrorMs / 1_000];
}
