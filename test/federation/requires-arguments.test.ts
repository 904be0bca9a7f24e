import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

const price = ({ id }: { id: string }, { currency, digits }: { currency: string; digits?: number | null }) =>
  `${id}:${currency}${digits ?? ''}`;

federation(
  '@requires with arguments',
  {
    prices: {
      typeDefs: `
        type Query { item(id: ID!): Item! items: [Item!]! }
        type Item @key(fields: "id") {
          id: ID!
          price(currency: String = "EUR", digits: Int): String
          history(last: Int!): [Price!]!
        }
        type Price { value(currency: String = "EUR"): String day: Int }
      `,
      resolvers: {
        Query: { item: (_, { id }) => ({ id }), items: () => [{ id: 1 }, { id: 2 }] },
        Item: {
          __resolveReference: ref => ref,
          price,
          history: ({ id }, { last }) => Array.from({ length: last }, (_, day) => ({ id, day })),
        },
        Price: { value: ({ id, day }, { currency }) => `${id}.${day}${currency}` },
      },
    },
    shop: {
      typeDefs: `
        type Item @key(fields: "id") {
          id: ID!
          price(currency: String = "EUR", digits: Int): String @external
          history(last: Int!): [Price!]! @external
          usOffer: String @requires(fields: "price(currency: \\"USD\\")")
          ukOffer(loud: Boolean): String @requires(fields: "price(currency: \\"GBP\\", digits: 2)")
          plainOffer: String @requires(fields: "price")
          trend: String @requires(fields: "history(last: 2) { value(currency: \\"JPY\\") }")
        }
        type Price { value(currency: String = "EUR"): String @external }
      `,
      resolvers: {
        Item: {
          __resolveReference: ref => ref,
          usOffer: item => `us ${item.price}`,
          ukOffer: (item, { loud }) => `uk ${item.price}${loud ? '!' : ''}`,
          plainOffer: item => `plain ${item.price}`,
          trend: item => item.history.map(({ value }: { value: string }) => value).join(','),
        },
      },
    },
  },
  add => {
    add('fetches the required field with the arguments of the requirement', {
      query: '{ item(id: 1) { usOffer } }',
      data: { item: { usOffer: 'us 1:USD' } },
      requests: 2,
    });
    add('sends the required field under its own name', {
      query: '{ item(id: 1) { ukOffer(loud: true) } }',
      data: { item: { ukOffer: 'uk 1:GBP2!' } },
      requests: 2,
      asked: ({ shop }) => {
        const variables = Object.values(shop?.requests[0]?.variables ?? {});
        expect(variables).toContainEqual([{ __typename: 'Item', id: '1', price: '1:GBP2' }]);
      },
    });
    add("keeps the client's selection of the same field with other arguments apart", {
      query: '{ item(id: 1) { price(currency: "CHF", digits: 1) usOffer } }',
      data: { item: { price: '1:CHF1', usOffer: 'us 1:USD' } },
      requests: 2,
    });
    add('uses the default argument where the requirement names none', {
      query: '{ item(id: 1) { plainOffer price(currency: "CHF") } }',
      data: { item: { plainOffer: 'plain 1:EUR', price: '1:CHF' } },
      requests: 2,
    });
    add('serves two fields that require one field with different arguments', {
      query: '{ item(id: 1) { usOffer ukOffer } }',
      data: { item: { usOffer: 'us 1:USD', ukOffer: 'uk 1:GBP2' } },
      requests: 2,
    });
    add('serves three such fields on a list, with the field itself under aliases', {
      query: `query ($c: String) {
        items { a: price(currency: $c) usOffer b: price plainOffer ukOffer(loud: true) price(currency: "SEK") }
      }`,
      variables: { c: 'NOK' },
      data: {
        items: ['1', '2'].map(id => ({
          a: `${id}:NOK`,
          usOffer: `us ${id}:USD`,
          b: `${id}:EUR`,
          plainOffer: `plain ${id}:EUR`,
          ukOffer: `uk ${id}:GBP2!`,
          price: `${id}:SEK`,
        })),
      },
      requests: 2,
    });
    add('serves required fields with arguments at two depths', {
      query: '{ item(id: 1) { trend history(last: 1) { day value } } }',
      data: { item: { trend: '1.0JPY,1.1JPY', history: [{ day: 0, value: '1.0EUR' }] } },
      requests: 2,
    });
    add('serves one such field in one place and another one in another', {
      query: '{ a: item(id: 1) { usOffer } b: item(id: 1) { ukOffer } c: item(id: 1) { price } }',
      data: { a: { usOffer: 'us 1:USD' }, b: { ukOffer: 'uk 1:GBP2' }, c: { price: '1:EUR' } },
      requests: 2,
    });
  },
);
