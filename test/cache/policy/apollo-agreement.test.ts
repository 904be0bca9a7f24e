import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl';
import {
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
} from 'graphql';
import { afterAll, describe, expect, test } from 'vitest';
import { createRandom, pick, type Random } from '../../../subgraphs/shared/random.ts';
import { generateOperations } from '../../support/generate-operations.ts';
import { cachedGraph } from './cached-graph.ts';

/** What Apollo Server's own plugin says: `[maxAge, scope]` or null. */
type Ask = (
  query: string,
  variables: Readonly<Record<string, unknown>>,
  operationName: string,
) => Promise<readonly unknown[] | null>;

const servers: ApolloServer[] = [];
afterAll(() => Promise.all(servers.map(server => server.stop())));

async function apollo(schema: GraphQLSchema, random: Random, defaultMaxAge: number): Promise<Ask> {
  resolveEverything(schema, random);
  const server = new ApolloServer({ schema, plugins: [ApolloServerPluginCacheControl({ defaultMaxAge })] });
  servers.push(server);
  await server.start();
  return async (query, variables, operationName) => {
    const { body, http } = await server.executeOperation({ query, variables, operationName });
    if (body.kind !== 'single' || body.singleResult.errors !== undefined)
      throw new Error(`${query}: ${JSON.stringify(body)}`);
    const header = http.headers.get('cache-control') ?? '';
    const [, maxAge, scope] = /^max-age=(\d+), (public|private)$/.exec(header) ?? [];
    return maxAge === undefined ? null : [Number(maxAge), scope?.toUpperCase()];
  };
}

/** Nothing is null and no list is empty, so that every field selected is one that is resolved. */
function resolveEverything(schema: GraphQLSchema, random: Random): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const target = getNamedType(field.type);
      const isList = isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
      field.resolve = () => {
        const value = !isCompositeType(target)
          ? 1
          : {
              __typename: isAbstractType(target)
                ? pick(random, schema.getPossibleTypes(target)).name
                : target.name,
            };
        return isList ? [value] : value;
      };
    }
  }
}

const HINTS = [
  '',
  '',
  '',
  '(maxAge: 0)',
  '(maxAge: 10)',
  '(maxAge: 20)',
  '(maxAge: 30, scope: PRIVATE)',
  '(scope: PRIVATE)',
  '(scope: PUBLIC)',
  '(maxAge: 40, scope: PUBLIC)',
  '(inheritMaxAge: true)',
  '(inheritMaxAge: true, scope: PRIVATE)',
];

function randomSchema(random: Random, isAbstract: boolean): string {
  const hint = (): string => {
    const written = pick(random, HINTS);
    return written === '' ? '' : ` @cacheControl${written}`;
  };
  const objects = ['A', 'B', 'C', 'D'];
  const targets = [...objects, ...(isAbstract ? ['Node', 'Any'] : [])];
  const fields = (count: number): string =>
    Array.from({ length: count }, (_, index) => {
      const target = pick(random, ['Int', 'String', ...targets, ...targets]);
      return `f${index}: ${pick(random, [target, `[${target}!]!`])}${hint()}`;
    }).join('\n');
  const nodes = isAbstract ? ['A', 'B', 'C'] : [];
  return [
    `type Query { ${fields(5)} }`,
    ...objects.map(
      name =>
        `type ${name}${nodes.includes(name) ? ' implements Node' : ''}${hint()} { id: ID${hint()} next: A${hint()} ${fields(3)} }`,
    ),
    ...(isAbstract
      ? [`interface Node${hint()} { id: ID${hint()} next: A${hint()} }`, `union Any${hint()} = A | B | D`]
      : []),
  ].join('\n');
}

interface Answer {
  readonly query: string;
  /** Apollo Server's. */
  readonly expected: readonly unknown[] | null;
  readonly got: readonly unknown[] | null;
}

async function* answers(isAbstract: boolean): AsyncGenerator<Answer> {
  for (let seed = 1; seed <= 25; seed++) {
    const random = createRandom(seed);
    const defaultMaxAge = pick(random, [0, 15, 50]);
    const typeDefs = randomSchema(random, isAbstract);
    const graph = cachedGraph(typeDefs, { defaultMaxAgeMs: defaultMaxAge * 1_000 });
    const ask = await apollo(graph.schema, random, defaultMaxAge);
    const operations = generateOperations(graph.schema, { seed, count: 10, maxDepth: 3, samples: {} });
    for (const { query, variables, operationName } of operations) {
      const expected = await ask(query, variables, operationName);
      const coerced = coerce(graph.schema, query, { operationName, variables });
      const policy = graph.compile(query, operationName).policyOf(coerced);
      yield { query, expected, got: policy === null ? null : [policy.maxAgeMs / 1_000, policy.scope] };
    }
  }
}

function coerce(
  schema: GraphQLSchema,
  query: string,
  { operationName, variables }: { readonly operationName: string; readonly variables: object },
): Readonly<Record<string, unknown>> {
  const definition = getOperationAST(parse(query), operationName);
  const { coerced, errors } = getVariableValues(schema, definition?.variableDefinitions ?? [], {
    ...variables,
  });
  if (coerced === undefined) throw new Error(String(errors));
  return coerced;
}

describe('the policy of generated operations', () => {
  test('is that of Apollo Server, where no type is abstract', async () => {
    const seen = new Set<string>();
    let conditions = 0;
    for await (const { query, expected, got } of answers(false)) {
      expect({ query, got }).toEqual({ query, got: expected });
      seen.add(JSON.stringify(expected));
      if (/@(skip|include)\(if: \$/.test(query)) conditions += 1;
    }
    // Else the generated ones would say nothing about the rules.
    expect(seen.size).toBeGreaterThan(8);
    expect(conditions).toBeGreaterThan(20);
  });

  test('is never more permissive than it, whatever values of abstract types are', async () => {
    let kept = 0;
    for await (const { query, expected, got } of answers(true)) {
      if (got === null) continue;
      const [maxAge = 0, scope] = expected ?? [];
      expect({ query, is: Number(got[0]) <= Number(maxAge) }).toEqual({ query, is: true });
      if (scope === 'PRIVATE') expect({ query, scope: got[1] }).toEqual({ query, scope });
      kept += 1;
    }
    expect(kept).toBeGreaterThan(50);
  });
});
