import { describe, expect, test } from 'vitest';
import { MAX_COST } from '../../../src/config/cost.ts';
import type { Variables } from '../../../src/policy/cost/expression.ts';
import { estimateOf, modelOf } from './costing.ts';

const SCHEMA = `
  type Query {
    me: User
    users(first: Int, last: Int): [User!]! @listSize(assumedSize: 5, slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
    top(first: Int = 7): [User!]! @listSize(slicingArguments: ["first"])
    everybody: [User!]!
    page(page: Page): UserPage @listSize(slicingArguments: ["page.first"], sizedFields: ["nodes", "edges"], requireOneSlicingArgument: false)
    byIds(ids: [ID!]!): [User]! @listSize(slicingArguments: ["ids"])
    matrix: [[User!]!]!
    scores: [Int!]! @cost(weight: 2) @listSize(assumedSize: 4)
    role: Role
    roles: [Role!]!
    stamp: Stamp
    free: User @cost(weight: 0)
    dear: User @cost(weight: 50)
    search(text: String @cost(weight: 3), filter: Filter, any: [Filter!], tags: [String!] @cost(weight: 2)): [Result!]! @listSize(assumedSize: 3)
    fuzzy(level: Int = 2 @cost(weight: 6)): Int
    node: Node
    nodes: [Node!]! @listSize(assumedSize: 2)
    hero: Hero @cost(weight: 4)
  }
  type Mutation { rename(id: ID!): User ping: Boolean }
  input Page { first: Int = 6 }
  input Filter { name: String @cost(weight: 4) age: Int and: [Filter!] role: Role since: Int = 3 @cost(weight: 1) }
  enum Role @cost(weight: 3) { A }
  scalar Stamp @cost(weight: 8)
  interface Node { id: ID label: String @cost(weight: 9) items(first: Int): [Int!] @cost(weight: 1) @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false) }
  type User implements Node {
    id: ID name: String bio: String @cost(weight: 5) friend: User friends: [User!]! @listSize(assumedSize: 2)
    label: String items(first: Int): [Int!]
  }
  type Robot implements Node @cost(weight: 20) { id: ID model: String label: String @cost(weight: 1) items(first: Int): [Int!] owner: User }
  union Result = User | Robot
  union Hero = User | Robot
  type UserPage { nodes: [User!]! edges: [User!]! total: Int others: [User!]! }
`;

const model = modelOf(SCHEMA);

describe('an operation costs', () => {
  test.each<[why: string, query: string, cost: number, variables?: Variables]>([
    ['nothing for leaves', '{ __typename }', 0],
    ['one for an object', '{ me { id name } }', 1],
    ['ten for a mutation', 'mutation { ping }', 10],
    ['what a mutation brings on top', 'mutation { rename(id: 1) { id } }', 11],
    ['every object on the way', '{ me { friend { friend { id } } } }', 3],
    ['n times a list with its children', '{ users(first: 3) { friend { id } } }', 6],
    [
      'lists in lists by the product',
      '{ users(first: 3) { friends { friends { id } } } }',
      3 * (1 + 2 * (1 + 2 * 1)),
    ],
    ['the largest of several slicing arguments', '{ users(first: 3, last: 8) { id } }', 8],
    ['the assumed size without any', '{ users { id } }', 5],
    ['the default of the argument', '{ top { id } }', 7],
    ['the default size where nothing is said', '{ everybody { id } }', 10],
    ['nothing for a list of none', '{ users(first: 0) { friend { id } } }', 0],
    ['the weight of a leaf field', '{ me { bio } }', 6],
    ['the weight of each leaf in a list', '{ scores }', 8],
    ['the weight of an enum', '{ role }', 3],
    ['the weight of each enum in a list', '{ roles }', 30],
    ['the weight of a scalar', '{ stamp }', 8],
    ['a field weight in place of that of the type', '{ dear { friend { id } } }', 51],
    ['children of a free field', '{ free { bio } }', 5],
    ['a size by a dotted path', '{ page(page: {first: 4}) { nodes { id } total } }', 1 + 4 + 1],
    ['the default inside an input object', '{ page(page: {}) { nodes { id } } }', 1 + 6 + 1],
    [
      'sized fields each, and no others',
      '{ page(page: {first: 2}) { nodes { id } edges { id } others { id } } }',
      1 + 2 + 2 + 10 + 1,
    ],
    ['as many as a list of ids has', '{ byIds(ids: ["a", "b", "c"]) { id } }', 3],
    ['lists directly in lists', '{ matrix { id } }', 100],
    [
      'an argument with a weight, not times n',
      '{ search(text: "a") { __typename ... on User { id } } }',
      3 * 20 + 3,
    ],
    [
      'one for an input object and what it holds',
      '{ search(filter: {name: "a", age: 1, since: null}) { ... on User { id } } }',
      60 + 1 + 4,
    ],
    [
      'input objects in lists one by one',
      '{ search(any: [{since: null}, {name: "a", since: null}]) { ... on User { id } } }',
      60 + 1 + 5,
    ],
    [
      'input objects in input objects',
      '{ search(filter: {since: null, and: [{name: "a", since: null}, {role: A, since: null}]}) { ... on User { id } } }',
      60 + 1 + 5 + 4,
    ],
    ['the default of an input field', '{ search(filter: {}) { ... on User { id } } }', 60 + 2],
    [
      'a weighted list and each of its items',
      '{ search(tags: ["a", "b", "c"]) { ... on User { id } } }',
      60 + 2 + 6,
    ],
    ['nothing for null', '{ search(text: null, filter: null, any: null) { ... on User { id } } }', 60],
    ['the default of an argument', '{ fuzzy }', 6],
    ['an argument that is null instead of its default', '{ fuzzy(level: null) }', 0],
    ['the dearest type', '{ node { id } }', 20],
    [
      'the dearest of what is selected of each type',
      '{ node { ... on User { friends { friends { bio } bio } } ... on Robot { owner { id } } } }',
      1 + 2 * (1 + 5 + 2 * 6),
    ],
    ['the weight of a field of an interface where the object says nothing', '{ node { label } }', 21],
    ['the same by way of the object', '{ me { label } }', 10],
    ['the list size of an interface', '{ me { items(first: 3) } }', 4],
    ['a field weight in place of that of any member', '{ hero { ... on Robot { owner { id } } } }', 5],
    [
      'one for introspection',
      '{ __schema { types { name fields { name } } } __type(name: "User") { name } }',
      2,
    ],
    [
      'a field once that is selected twice',
      '{ me { bio bio friend { id } friend { name bio } } }',
      1 + 5 + 1 + 5,
    ],
    ['a field for each alias', '{ me { bio a: bio b: bio } }', 16],
    [
      'what fragments hold, once',
      '{ me { ...F ...F ... on User { bio } } } fragment F on User { bio friend { id } }',
      7,
    ],
    ['interfaces in fragments for the types that have them', '{ me { ... on Node { label } } }', 10],
    [
      '@skip and @include with literals',
      '{ me @skip(if: true) { bio } a: me @include(if: true) { id } b: me @include(if: false) { id } }',
      1,
    ],
  ])('%s: %s', (_, query, cost, variables = {}) => {
    expect(estimateOf(model, query, variables)).toBe(cost);
  });
});

describe('variables', () => {
  const list = 'query ($n: Int) { users(first: $n) { id } }';
  test.each<[query: string, variables: Variables, cost: number]>([
    [list, { n: 4 }, 4],
    [list, {}, 5],
    [list, { n: null }, 5],
    [list, { n: -1 }, 5],
    [list, { n: -7 }, 5],
    [list, { n: 0 }, 0],
    [list, { n: 2.5 }, 3],
    [list, { n: Number.NaN }, 5],
    [list, { n: Number.POSITIVE_INFINITY }, MAX_COST],
    [list, { n: 1e300 }, MAX_COST],
    [list, { n: 'nine' }, 5],
    [list, { n: '9' }, 9],
    [list, { n: {} }, 5],
    ['query ($n: Int = 8) { users(first: $n) { id } }', {}, 8],
    ['query ($n: Int = 8) { users(first: $n) { id } }', { n: 2 }, 2],
    ['query ($n: Int = 8) { users(first: $n) { id } }', { n: null }, 5],
    ['query ($n: Int) { top(first: $n) { id } }', {}, 7],
    ['query ($n: Int) { top(first: $n) { id } }', { n: null }, 10],
    ['query ($n: Int) { users(first: $n, last: 3) { id } }', {}, 3],
    ['query ($n: Int) { users(first: $n, last: 3) { id } }', { n: 30 }, 30],
    ['query ($p: Page) { page(page: $p) { nodes { id } } }', { p: { first: 9 } }, 1 + 9 + 1],
    ['query ($p: Page) { page(page: $p) { nodes { id } } }', { p: {} }, 1 + 6 + 1],
    ['query ($p: Page) { page(page: $p) { nodes { id } } }', {}, 11],
    ['query ($p: Page) { page(page: $p) { nodes { id } } }', { p: null }, 11],
    ['query ($n: Int) { page(page: {first: $n}) { nodes { id } } }', { n: 3 }, 1 + 3 + 1],
    ['query ($i: [ID!]!) { byIds(ids: $i) { id } }', { i: ['a', 'b'] }, 2],
    [
      'query ($f: Filter) { search(filter: $f) { ... on User { id } } }',
      { f: { name: 'a', since: null } },
      65,
    ],
    ['query ($f: Filter) { search(filter: $f) { ... on User { id } } }', { f: {} }, 62],
    ['query ($f: Filter) { search(filter: $f) { ... on User { id } } }', {}, 60],
    ['query ($f: [Filter!]) { search(any: $f) { ... on User { id } } }', { f: [{}, {}, {}] }, 66],
    [
      'query ($f: Filter!) { search(any: [$f, {}]) { ... on User { id } } }',
      { f: { name: 'a' } },
      60 + 6 + 2,
    ],
    ['query ($s: String) { search(filter: {name: $s, since: null}) { ... on User { id } } }', { s: 'a' }, 65],
    ['query ($s: String) { search(filter: {name: $s, since: null}) { ... on User { id } } }', {}, 61],
    ['query ($a: Boolean!) { me @include(if: $a) { bio } }', { a: true }, 6],
    ['query ($a: Boolean!) { me @include(if: $a) { bio } }', { a: false }, 0],
    ['query ($a: Boolean! = true) { me @skip(if: $a) { bio } }', {}, 0],
    ['query ($a: Boolean! = true) { me @include(if: $a) { bio } }', {}, 6],
    ['query ($a: Boolean = true) { me @skip(if: $a) { bio } }', { a: null }, 6],
    ['query ($a: Boolean = true) { me @include(if: $a) { bio } }', { a: null }, 0],
    ['query ($a: Boolean!) { me { bio @include(if: $a) bio @skip(if: $a) } }', { a: true }, 6],
    ['query ($a: Boolean!) { me { friend { id } } me @include(if: $a) { friend { bio } } }', { a: true }, 7],
    ['query ($a: Boolean!) { me { friend { id } } me @include(if: $a) { friend { bio } } }', { a: false }, 2],
    ['query ($a: Boolean!) { me @skip(if: $a) { bio @include(if: $a) } }', { a: false }, 1],
    [
      'query ($a: Boolean!, $b: Boolean!) { me { ... @include(if: $a) { ...F @skip(if: $b) } } } fragment F on User { bio }',
      { a: true, b: false },
      6,
    ],
    ['query ($constructor: Int) { users(first: $constructor) { id } }', {}, 5],
  ])('%s with %j', (query, variables, cost) => {
    expect(estimateOf(model, query, variables)).toBe(cost);
  });
});

test('of several interfaces that say what a field weighs the most counts, in any order', () => {
  for (const names of ['A & B', 'B & A']) {
    const several = modelOf(`type Query { t: T } type T implements ${names} { x: Int }
      interface A { x: Int @cost(weight: 3) } interface B { x: Int @cost(weight: 9) }`);
    expect(estimateOf(several, '{ t { x } }')).toBe(1 + 9);
  }
});

test('a single value where a list is wanted is a list of it, whatever it looks like', () => {
  expect(estimateOf(model, '{ byIds(ids: "50") { id } }')).toBe(1);
  expect(estimateOf(model, '{ byIds(ids: ["50"]) { id } }')).toBe(1);
});

test('lists in lists of inputs cost what is in them', () => {
  const nested = modelOf(`type Query { a(rows: [[Cell!]!]): Int } input Cell { x: Int @cost(weight: 5) }`);
  const query = 'query ($rows: [[Cell!]!]) { a(rows: $rows) }';
  const cell = { x: 1 };
  const flat = estimateOf(nested, query, { rows: [[cell, cell, cell]] });
  expect(flat).toBe(3 * (1 + 5));
  expect(estimateOf(nested, query, { rows: [[cell], [cell, cell]] })).toBe(flat);
  expect(estimateOf(nested, '{ a(rows: [[{x: 1}], [{x: 1}, {x: 1}]]) }')).toBe(flat);
});
