import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { cachedGraph, type GraphOptions } from './cached-graph.ts';

const SHOP = `
  type Query {
    product(id: ID): Product @cacheControl(maxAge: 60)
    me: User
    name: String
    node: Node @cacheControl(maxAge: 60)
    computed: String @cacheControl(inheritMaxAge: true)
  }
  interface Node { id: ID }
  type Product @cacheControl(maxAge: 240) { id: ID stock: Int @cacheControl(maxAge: 5) secret: Int maker: Maker }
  type Maker { name: String }
  type User implements Node @cacheControl(maxAge: 30, scope: PRIVATE) { id: ID }`;

function deciding(query: string, variables = {}, options: GraphOptions = {}) {
  const { compiler, schema } = cachedGraph(SHOP, options);
  const document = parse(query);
  const [definition] = document.definitions;
  if (definition?.kind !== 'OperationDefinition') throw new Error('no operation');
  return compiler.decidingFields({ document, definition, schema }, variables);
}

test('a field that has the least time decides, and says what gives it that', () => {
  expect(deciding('{ product { id stock } name }')).toEqual([
    { coordinate: 'Query.name', maxAgeMs: 0, by: 'cache.defaultMaxAge' },
  ]);
  expect(deciding('{ product { id stock } }')).toEqual([
    { coordinate: 'Product.stock', maxAgeMs: 5_000, by: 'Product.stock' },
  ]);
  expect(deciding('{ product { maker { name } } }')).toEqual([
    { coordinate: 'Product.maker', maxAgeMs: 0, by: 'cache.defaultMaxAge' },
  ]);
});

test('so does every field that makes it the caller’s own, by its type or by authorization', () => {
  expect(deciding('{ me { id } }')).toEqual([
    { coordinate: 'Query.me', maxAgeMs: 30_000, by: 'User' },
    { coordinate: 'Query.me', scope: 'PRIVATE', by: 'User' },
  ]);
  const isGuarded = (type: string, field: string) => `${type}.${field}` === 'Product.secret';
  expect(deciding('{ product { secret } }', {}, { isGuarded })).toEqual([
    { coordinate: 'Query.product', maxAgeMs: 60_000, by: 'Query.product' },
    { coordinate: 'Product.secret', scope: 'PRIVATE', by: 'authorization' },
  ]);
  // By what it may be: no name of its own says so.
  expect(deciding('{ node { id } }')).toContainEqual({ coordinate: 'Query.node', scope: 'PRIVATE' });
});

test('what variables leave out decides nothing, and what comes twice is said once', () => {
  const query = 'query ($all: Boolean!) { product { id a: stock b: stock } name @include(if: $all) }';
  expect(deciding(query, { all: false }).map(({ coordinate }) => coordinate)).toEqual(['Product.stock']);
  expect(deciding(query, { all: true }).map(({ coordinate }) => coordinate)).toEqual(['Query.name']);
  expect(deciding('{ __typename }')).toEqual([]);
  expect(deciding('mutation { x }')).toEqual([]);
});
