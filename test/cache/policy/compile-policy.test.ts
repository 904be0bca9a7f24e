import { buildSchema, isObjectType, Kind, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { overrideHints } from '../../../src/cache/policy/hints.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { cachedGraph, DEFINITIONS, inSeconds } from './cached-graph.ts';

const SHOP = `
  type Query {
    product(id: ID): Product @cacheControl(maxAge: 60)
    products: [Product!]! @cacheControl(maxAge: 120, staleWhileRevalidate: 30, staleIfError: 600)
    me: User
    node: Node @cacheControl(inheritMaxAge: true)
    timed: Node @cacheControl(maxAge: 500)
    search: Found
    name: String
    kept: String @cacheControl(maxAge: 300)
  }
  type Mutation { buy: Product @cacheControl(maxAge: 60) }
  interface Node { id: ID title: String }
  union Found @cacheControl(maxAge: 90) = Product | Secret
  type Product implements Node @cacheControl(maxAge: 240) {
    id: ID title: String stock: Int @cacheControl(maxAge: 5) name: String @cacheControl(staleWhileRevalidate: 10)
    maker: Maker related: Product similar: Maker @cacheControl(inheritMaxAge: true)
  }
  type Maker { name: String }
  type User @cacheControl(maxAge: 30, scope: PRIVATE) { id: ID cart: Maker @cacheControl(maxAge: 10, scope: PUBLIC) }
  type Secret implements Node @cacheControl(scope: PRIVATE) { id: ID title: String @cacheControl(maxAge: 1) }`;

const { policy } = cachedGraph(SHOP);

describe('an operation', () => {
  test.each<[string, readonly unknown[] | null]>([
    ['{ product { id } }', [60, 'PUBLIC', 0, 0]],
    ['{ product { id stock } }', [5, 'PUBLIC', 0, 0]],
    ['{ product { maker { name } } }', null],
    ['{ product { similar { name } } }', [60, 'PUBLIC', 0, 0]],
    ['{ product { related { id } } }', [60, 'PUBLIC', 0, 0]],
    ['{ name }', null],
    ['{ name: kept }', [300, 'PUBLIC', 0, 0]],
    ['{ me { id } }', [30, 'PRIVATE', 0, 0]],
    ['{ me { cart { name } } kept }', [10, 'PRIVATE', 0, 0]],
    ['{ __typename }', null],
    ['{ __typename kept __schema { queryType { name } } }', [300, 'PUBLIC', 0, 0]],
    ['mutation { buy { id } }', null],
    [
      'query A { ...F } fragment F on Query { product { ...P } } fragment P on Product { stock }',
      [5, 'PUBLIC', 0, 0],
    ],
    [
      '{ product { ... on Node { title ... on Product { id } ... on Secret { title } } } }',
      [60, 'PUBLIC', 0, 0],
    ],
    ['{ product @skip(if: true) { stock } kept }', [300, 'PUBLIC', 0, 0]],
  ])('%s', (query, expected) => {
    expect(policy(query)).toEqual(expected);
  });

  test('is served stale no longer than each of its fields allows', () => {
    expect(policy('{ products { id } }')).toEqual([120, 'PUBLIC', 30, 600]);
    // The whole of the product ends at 240 s, stock at 5 s.
    expect(policy('{ products { id related { id } } }')).toEqual([120, 'PUBLIC', 30, 120]);
    expect(policy('{ products { stock } }')).toEqual([5, 'PUBLIC', 0, 0]);
    // A field that inherits says how much at most.
    expect(policy('{ products { name } }')).toEqual([120, 'PUBLIC', 10, 600]);
  });

  test('that may answer with several types is held to what each of them says', () => {
    // The secret is private, and its title is there for a second.
    expect(policy('{ search { ... on Product { id } } }')).toEqual([90, 'PRIVATE', 0, 0]);
    expect(policy('{ search { ... on Node { title } } }')).toEqual([1, 'PRIVATE', 0, 0]);
    expect(policy('{ node { id } }')).toBeNull();
    expect(policy('{ timed { id } }')).toEqual([500, 'PRIVATE', 0, 0]);
    expect(policy('{ search { ... on Product { stock } } }')).toEqual([5, 'PRIVATE', 0, 0]);
  });

  test('is exact in the conditions of its fields', () => {
    const query = `query($a: Boolean!, $b: Boolean = true) {
      kept
      product @include(if: $a) { id stock @skip(if: $b) ...F @include(if: $b) }
      ... @skip(if: $a) { ...G @include(if: $a) }
    }
    fragment F on Product { maker { name } }
    fragment G on Query { me { id } }`;
    expect(policy(query, { a: false, b: true })).toEqual([300, 'PUBLIC', 0, 0]);
    expect(policy(query, { a: true, b: false })).toEqual([5, 'PUBLIC', 0, 0]);
    expect(policy(query, { a: true, b: true })).toBeNull();
    // What is not known is counted.
    expect(policy(query, { a: true })).toBeNull();
    expect(policy(query, {})).toBeNull();
    expect(policy('query($a: Boolean!) { kept @include(if: $a) }', { a: false })).toBeNull();
  });

  test('with more conditions than are told apart is held to all of them at once', () => {
    const names = Array.from({ length: 60 }, (_, index) => `v${index}`);
    const fields = names.map(name => `${name}: kept @include(if: $${name})`).join(' ');
    const query = `query(${names.map(name => `$${name}: Boolean!`).join(' ')}) { kept ${fields}
      product @include(if: $v59) { stock } }`;
    const none = Object.fromEntries(names.map(name => [name, false]));
    expect(policy(query, none)).toEqual([5, 'PUBLIC', 0, 0]);
  });

  test('with fragments that multiply is compiled at once', () => {
    const fragments = Array.from(
      { length: 40 },
      (_, n) =>
        `fragment F${n} on Product { ${n === 39 ? 'stock' : `a: related { ...F${n + 1} } ...F${n + 1} @include(if: $x) b: related @skip(if: $x) { ...F${n + 1} }`} }`,
    );
    using time = startOwnTime();
    const query = `query($x: Boolean!) { product { ...F0 } } ${fragments.join(' ')}`;
    expect(policy(query, { x: true })).toEqual([5, 'PUBLIC', 0, 0]);
    expect(time.ms).toBeLessThan(500);
  });
});

test('a persona shortens, lengthens or ends it', () => {
  expect(cachedGraph(SHOP, { factor: 0.5 }).policy('{ products { id } }')).toEqual([60, 'PUBLIC', 30, 600]);
  expect(cachedGraph(SHOP, { factor: 3 }).policy('{ kept }')).toEqual([900, 'PUBLIC', 0, 0]);
  expect(cachedGraph(SHOP, { factor: 0 }).policy('{ kept }')).toBeNull();
});

test('what the configuration says of an element overrides what the schema says', () => {
  const directed = new Map([
    ['Query.a', { maxAge: 60_000, scope: 'PRIVATE' as const, staleIfError: 5_000 }],
    ['Query.b', { maxAge: 60_000 }],
    ['Query.c', { inheritMaxAge: true }],
  ]);
  const hints = overrideHints(directed, {
    'Query.a': { maxAge: 10_000 },
    'Query.b': { inheritMaxAge: true },
    'Query.c': { maxAge: 5_000 },
    'Query.d': { scope: 'PRIVATE' },
  });
  expect(Object.fromEntries(hints)).toEqual({
    'Query.a': { maxAge: 10_000, scope: 'PRIVATE', staleIfError: 5_000 },
    'Query.b': { inheritMaxAge: true },
    'Query.c': { maxAge: 5_000 },
    'Query.d': { scope: 'PRIVATE' },
  });
});

describe('what a fetch asks of entities', () => {
  const { schema, compiler } = cachedGraph(SHOP, { defaultMaxAgeMs: 20_000 });
  const document = parse(`query($r: [_Any!]!, $x: Boolean!) { _entities(representations: $r) {
    ... on Product { ...F name } ... on User { id } ... on Node @include(if: $x) { title } ... on Secret { title } } }
    fragment F on Product { stock @include(if: $x) }`);
  const of = (name: string) => {
    const [operation] = document.definitions;
    const type = schema.getType(name);
    if (operation?.kind !== Kind.OPERATION_DEFINITION || !isObjectType(type)) throw new Error(name);
    const [entities] = operation.selectionSet.selections;
    if (entities?.kind !== Kind.FIELD || entities.selectionSet === undefined) throw new Error('no entities');
    return compiler.entity({ document, set: entities.selectionSet, type });
  };

  test('is kept as long as their type and its fields say, whatever is asked of other types beside them', () => {
    expect(inSeconds(of('Product').policyOf({ x: false }))).toEqual([240, 'PUBLIC', 0, 0]);
    expect(inSeconds(of('Product').policyOf({ x: true }))).toEqual([5, 'PUBLIC', 0, 0]);
    expect(inSeconds(of('User').policyOf({ x: true }))).toEqual([30, 'PRIVATE', 0, 0]);
  });

  test('counts a fragment where it applies, though it was spread where it does not', () => {
    const spread = parse(`{ _entities { ...G ... on Product { related { ...G } maker { ...H } } ...H } }
      fragment G on User { id } fragment H on Maker { name }`);
    const graph = cachedGraph(
      SHOP.replace(
        'type Maker { name: String }',
        'type Maker @cacheControl(maxAge: 50) { name: String @cacheControl(maxAge: 3) }',
      ),
    );
    const [operation] = spread.definitions;
    const [entities] = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections : [];
    const type = graph.schema.getType('Product');
    if (entities?.kind !== Kind.FIELD || entities.selectionSet === undefined || !isObjectType(type))
      throw new Error();
    const { policyOf } = graph.compiler.entity({ document: spread, set: entities.selectionSet, type });
    expect(inSeconds(policyOf({}))).toEqual([3, 'PUBLIC', 0, 0]);
  });

  test.each([
    '{ _entities { id } }',
    '{ kept renamed }',
    '{ kept ... on MyQuery { name } }',
    '{ kept ...Gone }',
  ])('or of anything is not kept where the schema does not know all of it: %s', query => {
    expect(cachedGraph(SHOP, { defaultMaxAgeMs: 20_000 }).policy(query)).toBeNull();
  });

  test('is kept for the default where their type says nothing', () => {
    expect(inSeconds(of('Maker').policyOf({}))).toEqual([20, 'PUBLIC', 0, 0]);
  });
});

describe('beyond what Apollo Server does', () => {
  const guarded = (typeName: string, fieldName: string) => `${typeName}.${fieldName}` === 'Product.title';

  test('a guarded field of which nobody says otherwise is private', () => {
    const graph = cachedGraph(SHOP, { isGuarded: guarded });
    expect(graph.policy('{ product { title } }')).toEqual([60, 'PRIVATE', 0, 0]);
    expect(graph.policy('{ product { id } }')).toEqual([60, 'PUBLIC', 0, 0]);
    const open = cachedGraph(
      SHOP.replace('title: String stock', 'title: String @cacheControl(scope: PUBLIC) stock'),
      {
        isGuarded: guarded,
      },
    );
    expect(open.policy('{ product { title } }')).toEqual([60, 'PUBLIC', 0, 0]);
  });

  test('a field is held to those that it is computed from, where it says nothing itself', () => {
    const whole = buildSchema(
      `${DEFINITIONS} type Query { p: P } type P { a: Int b: Int c: Int cost: Int owner: Owner } type Owner { n: Int }`,
    );
    const requires = new Map([
      ['P.a', ['P.cost']],
      ['P.b', ['P.cost']],
      ['P.c', ['P.owner', 'Owner.n']],
    ]);
    const { policy: of } = cachedGraph(
      `type Query { p: P @cacheControl(maxAge: 60) }
       type P { a: Int b: Int @cacheControl(maxAge: 40, scope: PUBLIC) c: Int cost: Int @cacheControl(maxAge: 5, scope: PRIVATE) owner: Owner }
       type Owner @cacheControl(scope: PRIVATE) { n: Int @cacheControl(maxAge: 7) }`,
      { requires, supergraphSchema: whole },
    );
    expect(of('{ p { a } }')).toEqual([5, 'PRIVATE', 0, 0]);
    expect(of('{ p { b } }')).toEqual([40, 'PUBLIC', 0, 0]);
    expect(of('{ p { c } }')).toEqual([7, 'PRIVATE', 0, 0]);
  });
});
