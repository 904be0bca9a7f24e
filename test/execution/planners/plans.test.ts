import { afterAll, describe, expect, test } from 'vitest';
import { composeSupergraph } from '../../support/compose.ts';
import { composeExample } from '../../support/monolith.ts';
import { startPlanner } from '../../support/plan-operation.ts';

const example = composeExample();
const apollo = await startPlanner('apollo', example);
const native = await startPlanner('native', example);
afterAll(async () => {
  await apollo.planner.close();
  await native.planner.close();
});

describe('a field that requires fields of another subgraph', () => {
  const query = '{ product(id: "p-1") { name shippingEstimate } }';
  test('native', async () =>
    expect(await native.print(query)).toMatchInlineSnapshot(`
    "
    sequence
      fetch products (query)
        {
          w0_product: product(id: "p-1") {
            __typename
            name
            id
            price
            weight
          }
        }
      fetch orders (entities)
        entities _entities at w0_product
          $representations from { ... Product { __typename price weight id } }
        query ($representations: [_Any!]!) {
          _entities(representations: $representations) {
            ... on Product {
              shippingEstimate
            }
          }
        }
    "
  `));
  test('portable', async () =>
    expect(await apollo.print(query)).toMatchInlineSnapshot(`
    "
    sequence
      fetch products (query)
        {
          w0_product: product(id: "p-1") {
            __typename
            id
            name
            price
            weight
          }
        }
      fetch orders (entities)
        entities _entities at w0_product
          $representations from { ... Product { __typename id price weight } }
        query ($representations: [_Any!]!) {
          _entities(representations: $representations) {
            ... on Product {
              shippingEstimate
            }
          }
        }
    "
  `));
});

describe('fields of an interface object for one of its types', () => {
  const query = '{ media(first: 1) { __typename ... on Manual { pages likes } } }';
  test('native', async () =>
    expect(await native.print(query)).toMatchInlineSnapshot(`
    "
    sequence
      fetch products (query)
        {
          media(first: 1) {
            __typename
            ... on Manual {
              __typename
              pages
              id
            }
          }
        }
      fetch users (entities)
        entities _entities at media[]<Manual>
          $representations from { ... Manual { __typename="Media" id } }
        query ($representations: [_Any!]!) {
          _entities(representations: $representations) {
            ... on Media {
              likes
            }
          }
        }
    "
  `));
  test('portable', async () =>
    expect(await apollo.print(query)).toMatchInlineSnapshot(`
    "
    sequence
      fetch products (query)
        {
          media(first: 1) {
            __typename
            ... on Manual {
              __typename
              id
              pages
            }
          }
        }
      fetch users (entities)
        entities _entities at media[]
          $representations from { ... Manual { __typename="Media" id } }
        query ($representations: [_Any!]!) {
          _entities(representations: $representations) {
            ... on Media {
              likes
            }
          }
        }
    "
  `));
});

describe('fields with different needs, one of them conditional', () => {
  const query =
    'query($a: Boolean!) { products(first: 1) { shippingClass @skip(if: $a) shippingEstimate unitsSold } }';
  test('native', async () =>
    expect(await native.print(query)).toMatchInlineSnapshot(`
    "
    sequence
      fetch products (query)
        query ($a: Boolean!) {
          products(first: 1) {
            __typename
            id
            ... on Product @skip(if: $a) {
              weight
              dimensions {
                height
                width
                length
              }
              __typename
              id
            }
            price
            weight
          }
        }
      fetch orders (entities)
        entities _e0 at products[]
          $__representations_0 from { ... Product { __typename price weight id } }
        entities _e1 at products[]
          $__representations_1 from { ... Product { __typename id } }
        entities _e2 at products[]
          $__representations_2 from { ... Product { __typename weight id dimensions { length width height } } }
        query ($__representations_0: [_Any!]!, $__representations_1: [_Any!]!, $__representations_2: [_Any!]!, $a: Boolean!) {
          _e0: _entities(representations: $__representations_0) {
            ... on Product {
              shippingEstimate
            }
          }
          _e1: _entities(representations: $__representations_1) {
            ... on Product {
              unitsSold
            }
          }
          _e2: _entities(representations: $__representations_2) {
            ... on Product {
              ... on Product @skip(if: $a) {
                shippingClass
              }
            }
          }
        }
    "
  `));
  test('portable', async () =>
    expect(await apollo.print(query)).toMatchInlineSnapshot(`
    "
    sequence
      fetch products (query)
        query ($a: Boolean!) {
          products(first: 1) {
            __typename
            id
            price
            weight
            ... on Product @skip(if: $a) {
              weight
              dimensions {
                length
                width
                height
              }
            }
          }
        }
      fetch orders (entities)
        entities _e0 at products[]
          $__representations_0 from { ... Product { __typename id weight dimensions { length width height } } }
        entities _e1 at products[]
          $__representations_1 from { ... Product { __typename id price weight } }
        entities _e2 at products[]
          $__representations_2 from { ... Product { __typename id } }
        query ($__representations_0: [_Any!]!, $__representations_1: [_Any!]!, $__representations_2: [_Any!]!, $a: Boolean!) {
          _e0: _entities(representations: $__representations_0) {
            ... on Product {
              shippingClass @skip(if: $a)
            }
          }
          _e1: _entities(representations: $__representations_1) {
            ... on Product {
              shippingEstimate
            }
          }
          _e2: _entities(representations: $__representations_2) {
            ... on Product {
              unitsSold
            }
          }
        }
    "
  `));
});

test('the portable planner asks one subgraph once for entities of several places', async () => {
  const query =
    '{ a: review(id: "r-1") { author { email } } b: review(id: "r-2") { author { email } product { inStock } c: author { role } } }';
  expect(await apollo.print(query)).toMatchInlineSnapshot(`
    "
    sequence
      fetch products (query)
        {
          a: review(id: "r-1") {
            author {
              __typename
              id
            }
          }
          b: review(id: "r-2") {
            author {
              __typename
              id
            }
            c: author {
              __typename
              id
            }
            product {
              inStock
            }
          }
        }
      fetch users (entities)
        entities _e0 at a.author and b.author
          $__representations_0 from { ... User { __typename id } }
        entities _e1 at b.c
          $__representations_1 from { ... User { __typename id } }
        query ($__representations_0: [_Any!]!, $__representations_1: [_Any!]!) {
          _e0: _entities(representations: $__representations_0) {
            ... on User {
              email
            }
          }
          _e1: _entities(representations: $__representations_1) {
            ... on User {
              role
            }
          }
        }
    "
  `);
});

test('mutations stay in their order', async () => {
  const query =
    'mutation { cancelOrder(id: "o-1") { user { name } } addReview(input: { productId: "p-1", rating: 1 }) { id } }';
  expect(await apollo.print(query)).toMatchInlineSnapshot(`
    "
    sequence
      fetch orders (mutation)
        mutation {
          cancelOrder(id: "o-1") {
            user {
              __typename
              id
            }
          }
        }
      fetch users (entities)
        entities _entities at cancelOrder.user
          $representations from { ... User { __typename id } }
        query ($representations: [_Any!]!) {
          _entities(representations: $representations) {
            ... on User {
              name
            }
          }
        }
      fetch products (mutation)
        mutation {
          addReview(input: {productId: "p-1", rating: 1}) {
            id
          }
        }
    "
  `);
});

describe('requirements with arguments', () => {
  const subgraph = (name: string, typeDefs: string) => ({ name, url: `http://${name}`, typeDefs });
  const sdl = composeSupergraph([
    subgraph(
      'a',
      'type Query { item: Item } type Item @key(fields: "id") { id: ID! price(currency: String): Int }',
    ),
    subgraph(
      'b',
      `type Item @key(fields: "id") {
        id: ID!
        price(currency: String): Int @external
        inDollars: String @requires(fields: "price(currency: \\"USD\\")")
        inEuros: String @requires(fields: "price(currency: \\"EUR\\")")
      }`,
    ),
  ]);

  test('are kept apart from the field as the client asks for it, and from each other', async () => {
    await using planning = await startPlanner('apollo', sdl);
    const query = '{ item { price(currency: "GBP") inDollars inEuros } }';
    expect(await planning.print(query)).toMatchInlineSnapshot(`
      "
      sequence
        fetch a (query)
          {
            item {
              __typename
              id
              w0_price: price(currency: "GBP")
              price__w1: price(currency: "EUR")
              price__w0: price(currency: "USD")
            }
          }
        fetch b (entities)
          entities _e0 at item
            $__representations_0 from { ... Item { __typename id price<price__w0 } }
          entities _e1 at item
            $__representations_1 from { ... Item { __typename id price<price__w1 } }
          query ($__representations_0: [_Any!]!, $__representations_1: [_Any!]!) {
            _e0: _entities(representations: $__representations_0) {
              ... on Item {
                inDollars
              }
            }
            _e1: _entities(representations: $__representations_1) {
              ... on Item {
                inEuros
              }
            }
          }
      "
    `);
  });
});
