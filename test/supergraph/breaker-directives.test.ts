import { buildSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { examineResilience } from '../../src/supergraph/breaker-directives.ts';
import { constantProblem, outputTypeAt, withTypeNames } from '../../src/supergraph/fallback-constant.ts';

const LINK =
  '@link(url: "https://weir.dev/weir/v1.0", import: ["@circuitBreaker", { name: "@fallback", as: "@orElse" }])';

function examine(typeDefs: string, link = LINK) {
  const document = parse(`extend schema ${link}\n${typeDefs}`);
  return examineResilience(
    document,
    buildSchema(typeDefs.replaceAll(/@(circuitBreaker|orElse|fallback)(\([^)]*\))?/g, '')),
  );
}

test('are read under the names by which they were imported, of fields and types', () => {
  const { breakers, fallbacks, problems } = examine(`
    type Query @circuitBreaker(openFor: "2s") {
      a: Int @circuitBreaker(window: "100 calls", slowCall: "50ms") @orElse(stale: "5m", value: "1")
      b: Int
    }`);
  expect(problems).toEqual([]);
  expect([...breakers]).toEqual([
    ['Query', { openFor: 2_000 }],
    ['Query.a', { window: { kind: 'calls', calls: 100 }, slowCall: 50 }],
  ]);
  expect([...fallbacks]).toEqual([['Query.a', { stale: 300_000, value: 1 }]]);
});

test('of somebody else are let be, where the gateway is not linked', () => {
  const { breakers, fallbacks, problems } = examine(
    'type Query { a: Int @fallback(to: "b") b: Int }',
    '@tag(name: "x")',
  );
  expect([breakers.size, fallbacks.size, problems]).toEqual([0, 0, []]);
});

describe('that cannot be are problems with their place:', () => {
  test.each([
    ['@circuitBreaker(window: "1 fortnight")', 'CIRCUIT_BREAKER_INVALID'],
    ['@circuitBreaker(window: "0 calls")', 'CIRCUIT_BREAKER_INVALID'],
    ['@circuitBreaker(failureRate: 0.0)', 'CIRCUIT_BREAKER_INVALID'],
    ['@circuitBreaker(failureRate: 1.5)', 'CIRCUIT_BREAKER_INVALID'],
    ['@circuitBreaker(probes: 0)', 'CIRCUIT_BREAKER_INVALID'],
    ['@orElse', 'FALLBACK_INVALID'],
    ['@orElse(stale: "soon")', 'FALLBACK_INVALID'],
    ['@orElse(value: "[1")', 'FALLBACK_INVALID'],
    ['@orElse(value: "true")', 'FALLBACK_INVALID'],
  ])('%s', (directive, code) => {
    const { problems } = examine(`type Query { a: Int ${directive} }`);
    expect(problems).toMatchObject([{ coordinate: 'Query.a', code }]);
  });
});

const SHOP = buildSchema(`
  enum Size { S M }
  scalar Date
  interface Named { name: String }
  union Found = Product | Shop
  type Product implements Named { name: String size: Size price: Float! made: Date parts: [Product!] }
  type Shop implements Named { name: String }
  type Query {
    int: Int id: ID! text: String flag: Boolean size: Size date: Date list: [Int!]! grid: [[Int]]
    product: Product named: Named found: [Found!]
  }`);

describe('a constant', () => {
  test.each([
    ['int', 1],
    ['int', null],
    ['id', 'x'],
    ['id', 7],
    ['text', ''],
    ['flag', false],
    ['size', 'M'],
    ['date', { any: ['thing'] }],
    ['list', []],
    ['grid', [[1, null], null]],
    ['product', { price: 1, parts: [{ price: 2 }] }],
    ['named', { __typename: 'Shop' }],
    ['found', [{ __typename: 'Product', price: 0 }]],
  ])('of Query.%s may be %j', (field, value) => {
    const type = outputTypeAt(SHOP, `Query.${field}`);
    expect(type && constantProblem(value, type, SHOP)).toBeNull();
  });

  test.each([
    ['int', 1.5],
    ['int', 2 ** 31],
    ['int', '1'],
    ['id', null],
    ['text', 1],
    ['size', 'XL'],
    ['list', null],
    ['list', [null]],
    ['list', 1],
    ['product', {}],
    ['product', []],
    ['product', { price: null }],
    ['product', { price: 1, weight: 2 }],
    ['product', { price: 1, parts: [{}] }],
    ['product', { price: 1, constructor: 1 }],
    ['product', { __typename: 'Shop', price: 1 }],
    ['named', { name: 'x' }],
    ['found', [{ __typename: 'Query' }]],
  ])('of Query.%s cannot be %j', (field, value) => {
    const type = outputTypeAt(SHOP, `Query.${field}`);
    expect(type && constantProblem(value, type, SHOP)).toEqual(expect.any(String));
  });

  test('is given the types of its objects', () => {
    const type = outputTypeAt(SHOP, 'Query.product');
    expect(type && withTypeNames({ price: 1, parts: [{ price: 2 }] }, type, SHOP)).toEqual({
      __typename: 'Product',
      price: 1,
      parts: [{ __typename: 'Product', price: 2 }],
    });
  });
});
