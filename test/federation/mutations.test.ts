import { beforeEach, expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

/** What the subgraphs did, in order. */
const deeds: string[] = [];
const done = (deed: string): void => void deeds.push(deed);
const takeDeeds = (): string[] => deeds.splice(0);

federation(
  'mutations',
  {
    cart: {
      typeDefs: `
        type Query { cart: Cart }
        type Mutation { add(id: ID!, count: Int = 1): Cart! empty: Cart failing: Int! tryFailing: Int addMany(items: [ItemInput!]!): Cart! }
        input ItemInput { id: ID! count: Int = 1 }
        type Cart { items: [Item!]! }
        type Item @key(fields: "id") { id: ID! count: Int }
      `,
      resolvers: {
        Query: { cart: () => ({ items: [] }) },
        Mutation: {
          add: (_, { id, count }) => {
            done(`add ${id}`);
            return { items: [{ id, count }] };
          },
          addMany: (_, { items }) => {
            done(`add ${items.length}`);
            return { items };
          },
          empty: () => {
            done('empty');
            return null;
          },
          failing: () => {
            done('failing');
            throw new Error('no');
          },
          tryFailing: () => {
            done('tryFailing');
            throw new Error('no');
          },
        },
      },
    },
    stock: {
      typeDefs: `
        type Mutation { reserve(id: ID!): Item release(id: ID!): Boolean }
        type Item @key(fields: "id") { id: ID! left: Int count: Int @external line: String @requires(fields: "count") }
      `,
      resolvers: {
        Mutation: {
          reserve: (_, { id }) => {
            done(`reserve ${id}`);
            return { id, left: 1 };
          },
          release: (_, { id }) => {
            done(`release ${id}`);
            return true;
          },
        },
        Item: {
          __resolveReference: ref => {
            done(`look up ${ref.id}`);
            return { ...ref, left: 9 };
          },
          line: ({ id, count }) => `${count} x ${id}`,
        },
      },
    },
  },
  add => {
    beforeEach(() => void takeDeeds());
    const order = (...expected: string[]) => ({
      once: true,
      asked: () => expect(takeDeeds()).toEqual(expected),
    });
    add('run in the order of the operation, across subgraphs', {
      query:
        'mutation { a: add(id: 1) { items { id } } reserve(id: 2) { id } b: add(id: 3) { items { id } } release(id: 4) empty { items { id } } }',
      data: {
        a: { items: [{ id: '1' }] },
        reserve: { id: '2' },
        b: { items: [{ id: '3' }] },
        release: true,
        empty: null,
      },
      requests: 5,
      ...order('add 1', 'reserve 2', 'add 3', 'release 4', 'empty'),
    });
    add('run with one request while one subgraph has the next of them', {
      query: 'mutation { a: add(id: 1) { items { id } } empty { items { id } } release(id: 4) }',
      data: { a: { items: [{ id: '1' }] }, empty: null, release: true },
      requests: 2,
      ...order('add 1', 'empty', 'release 4'),
    });
    add('fetch entities of what they return', {
      query: 'mutation ($c: Int) { add(id: 5, count: $c) { items { left line } } }',
      variables: { c: 2 },
      data: { add: { items: [{ left: 9, line: '2 x 5' }] } },
      requests: 2,
      ...order('add 5', 'look up 5'),
    });
    add('ask for entities with a query', {
      query: 'mutation { add(id: 5) { items { left } } }',
      data: { add: { items: [{ left: 9 }] } },
      requests: 2,
      once: true,
      asked: ({ cart, stock }) => {
        takeDeeds();
        expect(cart?.requests[0]?.query).toMatch(/^mutation/);
        expect(stock?.requests[0]?.query).toMatch(/^query/);
      },
    });
    add('finish what belongs to one before the next begins', {
      query: 'mutation { add(id: 1) { items { left } } reserve(id: 1) { left } }',
      data: { add: { items: [{ left: 9 }] }, reserve: { left: 1 } },
      requests: 3,
      ...order('add 1', 'look up 1', 'reserve 1'),
    });
    add('run twice when they are the same under two aliases', {
      query: 'mutation { one: reserve(id: 7) { id } two: reserve(id: 7) { id } }',
      data: { one: { id: '7' }, two: { id: '7' } },
      requests: 1,
      ...order('reserve 7', 'reserve 7'),
    });
    add('run again although another one stood between', {
      query: 'mutation { one: reserve(id: 7) { id } add(id: 7) { items { id } } two: reserve(id: 7) { id } }',
      data: { one: { id: '7' }, add: { items: [{ id: '7' }] }, two: { id: '7' } },
      requests: 3,
      ...order('reserve 7', 'add 7', 'reserve 7'),
    });
    add('go on after one that failed', {
      query: 'mutation { tryFailing release(id: 1) }',
      data: { tryFailing: null, release: true },
      errors: [{ code: 'SUBGRAPH_ERROR', path: ['tryFailing'] }],
      requests: 2,
      ...order('tryFailing', 'release 1'),
    });
    add('have no data at all when one that is never null fails', {
      query: 'mutation { f: failing release(id: 1) }',
      data: null,
      errors: [{ code: 'SUBGRAPH_ERROR', path: ['f'] }],
      requests: 2,
      ...order('failing', 'release 1'),
    });
    add('take lists of input objects', {
      query: 'mutation ($items: [ItemInput!]!) { addMany(items: $items) { items { id count left } } }',
      variables: { items: [{ id: 1, count: 4 }, { id: 2 }] },
      data: {
        addMany: {
          items: [
            { id: '1', count: 4, left: 9 },
            { id: '2', count: 1, left: 9 },
          ],
        },
      },
      requests: 2,
      ...order('add 2', 'look up 1', 'look up 2'),
    });
    add('are left out by a variable', {
      query:
        'mutation ($no: Boolean!) { add(id: 1) @include(if: $no) { items { id } } release(id: 2) empty @skip(if: true) { items { id } } }',
      variables: { no: false },
      data: { release: true },
      requests: { native: 2, apollo: 1 },
      ...order('release 2'),
    });
    add('come in fragments', {
      query:
        'mutation M { ...F ... on Mutation { release(id: 2) } } fragment F on Mutation { reserve(id: 1) { ...I } } fragment I on Item { left }',
      data: { reserve: { left: 1 }, release: true },
      requests: 1,
      ...order('reserve 1', 'release 2'),
    });
  },
);
