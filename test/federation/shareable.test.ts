import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

federation(
  'value types and root fields that several subgraphs have',
  {
    a: {
      typeDefs: `
        type Query {
          now: Clock @shareable
          item: Item @shareable
          list: [Row!]! @shareable
          onlyA: String
          echo(text: String!): String @shareable
        }
        type Clock @shareable { hour: Int minute: Int zone: Zone }
        type Zone @shareable { name: String }
        type Item @key(fields: "id") { id: ID! a: String shared: String @shareable }
        type Row @shareable { n: Int common: String ofA: String }
      `,
      resolvers: {
        Query: {
          now: () => ({ hour: 10, minute: 30, zone: { name: 'UTC' } }),
          item: () => ({ id: 'i', a: 'a of i', shared: 'shared' }),
          list: () => [
            { n: 1, common: 'c1', ofA: 'a1' },
            { n: 2, common: 'c2', ofA: 'a2' },
          ],
          onlyA: () => 'A',
          echo: (_, { text }) => text,
        },
        Item: { __resolveReference: ({ id }) => ({ id, a: `a of ${id}`, shared: 'shared' }) },
      },
    },
    b: {
      typeDefs: `
        type Query {
          now: Clock @shareable
          item: Item @shareable
          list: [Row!]! @shareable
          onlyB: String
          echo(text: String!): String @shareable
        }
        type Clock @shareable { hour: Int minute: Int second: Int zone: Zone }
        type Zone @shareable { name: String offset: Int }
        type Item @key(fields: "id") { id: ID! b: String shared: String @shareable }
        type Row @shareable { n: Int common: String ofB: String }
      `,
      resolvers: {
        Query: {
          now: () => ({ hour: 10, minute: 30, second: 15, zone: { name: 'UTC', offset: 0 } }),
          item: () => ({ id: 'i', b: 'b of i', shared: 'shared' }),
          list: () => [
            { n: 1, common: 'c1', ofB: 'b1' },
            { n: 2, common: 'c2', ofB: 'b2' },
          ],
          onlyB: () => 'B',
          echo: (_, { text }) => text,
        },
        Item: { __resolveReference: ({ id }) => ({ id, b: `b of ${id}`, shared: 'shared' }) },
      },
    },
  },
  add => {
    add('asks one subgraph for a root field that both have', {
      query: '{ now { hour minute } }',
      data: { now: { hour: 10, minute: 30 } },
      requests: 1,
    });
    add('asks the subgraph that has the field only one of them has', {
      query: '{ now { hour second zone { name offset } } }',
      data: { now: { hour: 10, second: 15, zone: { name: 'UTC', offset: 0 } } },
      requests: 1,
    });
    add('merges lists of value types that each subgraph has a part of', {
      query: '{ list { n ofA ofB common } }',
      data: {
        list: [
          { n: 1, ofA: 'a1', ofB: 'b1', common: 'c1' },
          { n: 2, ofA: 'a2', ofB: 'b2', common: 'c2' },
        ],
      },
      requests: 2,
    });
    add('takes a shared field along with what else the subgraph is asked', {
      query: '{ onlyB now { hour } echo(text: "x") }',
      data: { onlyB: 'B', now: { hour: 10 }, echo: 'x' },
      requests: 1,
      asked: ({ b }) => expect(b?.requests).toHaveLength(1),
    });
    add('completes an entity from both subgraphs, whichever it came from', {
      query: '{ item { a b shared } }',
      data: { item: { a: 'a of i', b: 'b of i', shared: 'shared' } },
      requests: 2,
    });
    add('asks both subgraphs where each has a root field of its own', {
      query: '{ onlyA onlyB }',
      data: { onlyA: 'A', onlyB: 'B' },
      requests: 2,
    });
    add('keeps two selections of one shared root field apart', {
      query: '{ x: list { ofA } y: list { ofB } }',
      data: { x: [{ ofA: 'a1' }, { ofA: 'a2' }], y: [{ ofB: 'b1' }, { ofB: 'b2' }] },
      requests: 2,
    });
  },
);
