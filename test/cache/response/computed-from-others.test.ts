import { expect, test } from 'vitest';
import { graphqlRequest, startGateway } from '../../support/start-gateway.ts';

/** Shipping is computed from what other subgraphs say, of which the client asks for nothing. */
async function startShipping() {
  return startGateway({
    config: {
      cache: { jitter: 0, defaultMaxAge: '60s' },
      execution: { subgraphs: { all: { identity: false } }, replay: '0B' },
    },
    subgraphs: {
      products: {
        typeDefs:
          'type Query { product: Product other: Int } type Product @key(fields: "id") { id: ID! maker: Maker } type Maker @key(fields: "id") { id: ID! }',
        resolvers: { Query: { product: () => ({ id: '1', maker: { id: 'm' } }), other: () => 1 } },
      },
      makers: {
        typeDefs:
          'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"]) type Maker @key(fields: "id") @cacheTag(format: "maker-{$key.id}") { id: ID! place: Place } type Place { zone: String @cacheTag(format: "zones") }',
        resolvers: {
          Maker: { __resolveReference: (maker: object) => ({ ...maker, place: { zone: 'eu' } }) },
        },
      },
      shipping: {
        typeDefs: `type Product @key(fields: "id") { id: ID! maker: Maker @external shipping: String @requires(fields: "maker { place { zone } }") }
          type Maker @key(fields: "id", resolvable: false) { id: ID! place: Place @external } type Place { zone: String @external }`,
        resolvers: {
          Product: {
            __resolveReference: (product: object) => product,
            shipping: ({ maker }: { maker?: { place: { zone: string } } }) => `to ${maker?.place.zone}`,
          },
        },
      },
    },
  });
}

test.each([
  { kind: 'subgraph', subgraph: 'makers' },
  { kind: 'type', type: 'Maker' },
  { kind: 'type', type: 'Place' },
  { kind: 'entity', type: 'Maker', key: { id: 'm' } },
  { kind: 'tag', tag: 'maker-m' },
  { kind: 'tag', tag: 'zones' },
])('an answer is forgotten by %o, from which a value in it was computed', async target => {
  await using shop = await startShipping();
  const state = async (query: string) => {
    const response = await shop.handle(graphqlRequest({ query }));
    expect(await response.json()).not.toHaveProperty('errors');
    return response.headers.get('x-cache');
  };
  const query = '{ product { shipping } }';
  expect([await state(query), await state(query)]).toEqual(['MISS', 'HIT']);
  for (const other of ['{ other }', '{ product { id } }']) await state(other);
  await shop.gateway.admin.inject({ method: 'POST', url: '/cache/invalidate', payload: target });
  expect([await state('{ other }'), await state('{ product { id } }'), await state(query)]).toEqual([
    'HIT',
    'HIT',
    'MISS',
  ]);
});
