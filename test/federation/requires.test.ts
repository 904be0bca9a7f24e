import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

const items = [
  {
    id: 'p1',
    price: 10,
    weight: 2,
    size: { w: 1, h: 2, box: { name: 'S' } },
    labels: [{ text: 'x', code: 1 }],
  },
  { id: 'p2', price: null, weight: 3, size: null, labels: [] },
  {
    id: 'p3',
    price: 30,
    weight: null,
    size: { w: 3, h: 4, box: null },
    labels: [
      { text: 'y', code: 2 },
      { text: 'z', code: 3 },
    ],
  },
];
const itemOf = (ref: { id: string }) => items.find(item => item.id === ref.id);

federation(
  '@requires',
  {
    catalog: {
      typeDefs: `
        type Query { items: [Item!]! item(id: ID!): Item }
        type Item @key(fields: "id") { id: ID! price: Int weight: Int size: Size labels: [Label!]! }
        type Size { w: Int! h: Int! box: Box }
        type Box { name: String! }
        type Label { text: String! code: Int! }
      `,
      resolvers: {
        Query: { items: () => items, item: (_, { id }) => itemOf({ id }) },
        Item: { __resolveReference: itemOf },
      },
    },
    shipping: {
      typeDefs: `
        type Query { shipped: [Item!]! }
        type Item @key(fields: "id") {
          id: ID!
          price: Int @external
          weight: Int @external
          size: Size @external
          labels: [Label!]! @external
          cost: String @requires(fields: "price weight")
          fits: String @requires(fields: "size { w box { name } }")
          stickers: String @requires(fields: "labels { text }")
        }
        type Size { w: Int! @external box: Box @external }
        type Box { name: String! @external }
        type Label { text: String! @external }
      `,
      resolvers: {
        Query: { shipped: () => [{ id: 'p3' }, { id: 'p1' }] },
        Item: {
          __resolveReference: ref => ref,
          cost: ({ price, weight }) => `${price}/${weight}`,
          fits: ({ size }) => JSON.stringify(size),
          stickers: ({ labels }) => labels.map(({ text }: { text: string }) => text).join('+'),
        },
      },
    },
    tax: {
      typeDefs: `
        type Item @key(fields: "id") {
          id: ID!
          cost: String @external
          duty: String @requires(fields: "cost")
        }
      `,
      resolvers: { Item: { __resolveReference: ref => ref, duty: ({ cost }) => `duty on ${cost}` } },
    },
    report: {
      typeDefs: `
        type Item @key(fields: "id") {
          id: ID!
          duty: String @external
          weight: Int @external
          line: String @requires(fields: "duty weight")
        }
      `,
      resolvers: {
        Item: { __resolveReference: ref => ref, line: ({ duty, weight }) => `${duty}, ${weight} kg` },
      },
    },
  },
  add => {
    add('sends required fields along with the key', {
      query: '{ item(id: "p1") { cost } }',
      data: { item: { cost: '10/2' } },
      requests: 2,
      asked: ({ shipping }) => {
        expect(shipping?.requests[0]?.variables['representations']).toEqual([
          { __typename: 'Item', id: 'p1', price: 10, weight: 2 },
        ]);
      },
    });
    add('sends required fields that are null', {
      query: '{ items { cost } }',
      data: { items: [{ cost: '10/2' }, { cost: 'null/3' }, { cost: '30/null' }] },
      requests: 2,
    });
    add('sends required fields of objects in objects, null ones too', {
      query: '{ items { fits } }',
      data: {
        items: [{ fits: '{"w":1,"box":{"name":"S"}}' }, { fits: 'null' }, { fits: '{"w":3,"box":null}' }],
      },
      requests: 2,
    });
    add('sends required fields of objects in lists, empty ones too', {
      query: '{ items { stickers } }',
      data: { items: [{ stickers: 'x' }, { stickers: '' }, { stickers: 'y+z' }] },
      requests: 2,
    });
    add('fetches required fields first where the entity comes from their reader', {
      query: '{ shipped { cost } }',
      data: { shipped: [{ cost: '30/null' }, { cost: '10/2' }] },
      requests: 3,
    });
    add('follows requirements through three subgraphs', {
      query: '{ item(id: "p1") { duty } }',
      data: { item: { duty: 'duty on 10/2' } },
      requests: 3,
    });
    add('follows requirements through four subgraphs, with one needed twice', {
      query: '{ items { line } }',
      data: {
        items: [
          { line: 'duty on 10/2, 2 kg' },
          { line: 'duty on null/3, 3 kg' },
          { line: 'duty on 30/null, null kg' },
        ],
      },
      requests: 4,
    });
    add('starts a chain of requirements in the middle', {
      query: '{ shipped { line cost } }',
      data: {
        shipped: [
          { line: 'duty on 30/null, null kg', cost: '30/null' },
          { line: 'duty on 10/2, 2 kg', cost: '10/2' },
        ],
      },
      // Apollo's planner takes `cost` from `shipping` without what it requires, as the entity is there already.
      limits: {
        apollo: {
          data: {
            shipped: [
              { line: 'duty on undefined/undefined, null kg', cost: '30/null' },
              { line: 'duty on undefined/undefined, 2 kg', cost: '10/2' },
            ],
          },
        },
      },
      requests: 5,
    });
    add('selects required fields for the client as well, beside others of the same object', {
      query: '{ item(id: "p1") { size { h w } fits labels { code } stickers } }',
      data: {
        item: {
          size: { h: 2, w: 1 },
          fits: '{"w":1,"box":{"name":"S"}}',
          labels: [{ code: 1 }],
          stickers: 'x',
        },
      },
      requests: 2,
    });
    add('is not misled by aliases that have the names of required fields', {
      query: '{ item(id: "p1") { price: weight weight: price id: cost size: labels { text: code } fits } }',
      data: {
        item: { price: 2, weight: 10, id: '10/2', size: [{ text: 1 }], fits: '{"w":1,"box":{"name":"S"}}' },
      },
      requests: 2,
    });
    add('answers null without asking for what an entity requires that is not there', {
      query: '{ item(id: "p9") { line } }',
      data: { item: null },
      requests: 1,
    });
  },
);
