import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_COST } from '../../src/config/cost.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { post } from './limited-graph.ts';

const ASSUMED = 50;
const LENGTH = 10;

let gateway: TestGateway<'people'>;
beforeAll(async () => {
  const sliced = { assumedSize: ASSUMED, requireOneSlicingArgument: false };
  gateway = await startGateway({
    subgraphs: {
      people: {
        typeDefs: `
          scalar Long
          input Page { first: Int size: Long }
          type Query {
            users(first: Int, last: Int): [User!]!
            long(first: Long): [User!]!
            float(first: Float): [User!]!
            paged(page: Page): [User!]!
            byIds(ids: [ID!]): [User!]!
            matrix(first: Int): [[User!]!]!
            cube: [[[User!]!]!]!
          }
          type User { id: ID friends(first: Int): [User!]! }`,
        // What came through is answered with nothing: estimates are looked at.
        resolvers: {
          Query: Object.fromEntries(
            ['users', 'long', 'float', 'paged', 'byIds', 'matrix', 'cube'].map(name => [name, () => []]),
          ),
        },
      },
    },
    config: {
      operation: { introspection: true },
      policy: {
        cost: {
          mode: 'enforce',
          max: 1_000,
          defaultListSize: LENGTH,
          listSizes: {
            'Query.users': { ...sliced, slicingArguments: ['first', 'last'] },
            'Query.long': { ...sliced, slicingArguments: ['first'] },
            'Query.float': { ...sliced, slicingArguments: ['first'] },
            'Query.paged': { ...sliced, slicingArguments: ['page.first', 'page.size'] },
            'Query.byIds': { ...sliced, slicingArguments: ['ids'] },
            'Query.matrix': { ...sliced, slicingArguments: ['first'] },
            'User.friends': { ...sliced, slicingArguments: ['first'] },
          },
        },
      },
      personas: { all: { match: { default: true }, cost: { show: true } } },
    },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

type Variables = Readonly<Record<string, unknown>>;

/** What an operation was estimated at; null: it was refused before that. */
async function estimated(query: string, variables: Variables = {}): Promise<number | null> {
  const { status, codes, cost, body } = await post(gateway, query, { variables });
  const told = codes[0] === 'COST_LIMIT_EXCEEDED' ? body.errors[0].extensions.cost : cost;
  if (told === undefined) return null;
  // Told and not held to would be no ceiling.
  expect(status).toBe(told.estimated > 1_000 ? 400 : 200);
  return told.estimated;
}

describe('a size that says nothing is the assumed one', () => {
  test.each<[query: string, values: readonly unknown[]]>([
    ['query ($n: Int) { users(first: $n) { id } }', [null, -1, -2, -2_147_483_648, undefined]],
    ['query ($n: Long) { long(first: $n) { id } }', [null, -1, '-1', '', ' ', 'all', true, {}]],
    ['query ($n: Float) { float(first: $n) { id } }', [null, -0.5, -1e300]],
    [
      'query ($n: Page) { paged(page: $n) { id } }',
      [null, {}, { first: null }, { first: -1 }, { size: 'x' }],
    ],
    ['query ($n: [ID!]) { byIds(ids: $n) { id } }', [null]],
  ])('%s', async (query, values) => {
    for (const n of values)
      expect([n, await estimated(query, { n })]).toEqual([
        n,
        expect.toSatisfy(cost => cost >= ASSUMED && cost <= ASSUMED + 1),
      ]);
  });

  test('and written into the document it is the same', async () => {
    const literals = ['null', '-1', '-2147483648'];
    for (const n of literals) expect(await estimated(`{ users(first: ${n}) { id } }`)).toBe(ASSUMED);
    for (const n of ['null', '-1', '"-1"', '"all"', 'ALL', 'true', '{}'])
      expect([n, await estimated(`{ long(first: ${n}) { id } }`)]).toEqual([n, ASSUMED]);
  });
});

test('a negative size beside another one does not make the list as short as that', async () => {
  const query = 'query ($a: Int, $b: Int) { users(first: $a, last: $b) { id } }';
  expect(await estimated(query, { a: -1, b: 1 })).toBe(ASSUMED);
  expect(await estimated(query, { a: 1, b: -1 })).toBe(ASSUMED);
  expect(await estimated(query, { a: 70, b: -1 })).toBe(70);
  expect(await estimated('{ users(first: -1, last: 1) { id } }')).toBe(ASSUMED);
  // Null is what many clients send for "not this one".
  expect(await estimated(query, { a: null, b: 1 })).toBe(1);
});

test('a size that is written as text is a size', async () => {
  expect(await estimated('query ($n: Long) { long(first: $n) { id } }', { n: '700' })).toBe(700);
  expect(await estimated('{ long(first: "700") { id } }')).toBe(700);
  expect(await estimated('{ long(first: " 7e2 ") { id } }')).toBe(700);
  expect(await estimated('query ($n: Page) { paged(page: $n) { id } }', { n: { size: '700' } })).toBe(701);
});

test('one item in the place of a list is a list of one, whatever it looks like', async () => {
  for (const id of ['0', '"0"', '7', '"900"']) {
    expect([id, await estimated(`{ byIds(ids: ${id}) { friends(first: 3) { id } } }`)]).toEqual([id, 4]);
  }
  expect(await estimated('query ($n: [ID!]) { byIds(ids: $n) { id } }', { n: '0' })).toBe(1);
  expect(await estimated('{ byIds(ids: [1, 2, 3]) { id } }')).toBe(3);
});

test('a part of an element counts as a whole one', async () => {
  expect(await estimated('query ($n: Float) { float(first: $n) { id } }', { n: 0.1 })).toBe(1);
  expect(await estimated('{ float(first: 2.5) { id } }')).toBe(3);
  // An Int that is none has been refused.
  expect(await estimated('query ($n: Int) { users(first: $n) { id } }', { n: 0.1 })).toBeNull();
  expect(await estimated('{ users(first: 0.1) { id } }')).toBeNull();
});

test('huge sizes cost the most there is', async () => {
  for (const n of [2_147_483_647, '99999999999999999999', 1e300, '1e999'])
    expect(await estimated('query ($n: Long) { long(first: $n) { id } }', { n })).toBe(MAX_COST);
  const nested = '{ users(first: 2147483647) { friends(first: 2147483647) { friends { id } } } }';
  expect(await estimated(nested)).toBe(MAX_COST);
  expect(await estimated(`{ a: long(first: 3) { id } ${nested.slice(1)}`)).toBe(MAX_COST);
});

test('lists in lists are as long as their product, and no size makes the inner ones shorter', async () => {
  expect(await estimated('{ matrix { id } }')).toBe(ASSUMED * LENGTH);
  expect(await estimated('{ matrix(first: 2) { id } }')).toBe(2 * LENGTH);
  expect(await estimated('{ matrix(first: -2) { id } }')).toBe(ASSUMED * LENGTH);
  expect(await estimated('{ cube { id } }')).toBe(LENGTH ** 3);
  expect(await estimated('{ users { friends { id } } }')).toBe(ASSUMED + ASSUMED ** 2);
  expect(await estimated('{ users(first: 3) { friends(first: -1) { id } } }')).toBe(3 + 3 * ASSUMED);
});

test('introspection costs for each alias, and asks for no more than there is a bound', async () => {
  expect(await estimated('{ a: __schema { types { name } } b: __type(name: "User") { name } }')).toBe(2);
  const many = Array.from({ length: 101 }, (_, at) => `a${at}: __type(name: "User") { name }`).join(' ');
  expect(await estimated(`{ ${many} }`)).toBe(101);
  const tree =
    '{ types { name fields { name type { name kind ofType { name kind ofType { name } } } args { name } } } }';
  const wide = Array.from({ length: 150 }, (_, at) => `a${at}: __schema ${tree}`).join(' ');
  expect((await post(gateway, `{ ${wide} }`)).codes).toEqual(['DOCUMENT_LIMIT_EXCEEDED']);
});

test('introspection of nothing is nothing', async () => {
  const query = 'query ($n: String = "User") { __type(name: $n) { name } }';
  expect(await post(gateway, query, { variables: { n: null } })).toMatchObject({
    status: 200,
    data: { __type: null },
  });
});
