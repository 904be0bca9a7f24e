import { expect, test } from 'vitest';
import { graphqlRequest, startGateway } from '../../support/start-gateway.ts';
import { handClock } from '../../support/test-identity.ts';

const link = (...names: readonly string[]): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ${JSON.stringify(names)})`;

const PRODUCTS = `${link('@key', '@cacheTag')}
  type Query { products: [Product!] }
  type Product @key(fields: "id") @cacheTag(format: "product-{$key.id}") { id: ID! }`;

const STOCK = `${link('@key')}
  type Product @key(fields: "id") { id: ID! stock: Int }`;

const COUNT = 600;

/** Products whose stock is kept for much longer than answers are. */
async function start() {
  const clock = handClock();
  let stock = 1;
  const shop = await startGateway({
    clock,
    config: {
      execution: { replay: '0B', subgraphs: { all: { identity: false } } },
      cache: { jitter: 0, fields: { Product: { maxAge: '1h' }, 'Query.products': { maxAge: '60s' } } },
    },
    subgraphs: {
      products: {
        typeDefs: PRODUCTS,
        resolvers: {
          Query: { products: () => Array.from({ length: COUNT }, (_, id) => ({ id: String(id) })) },
        },
      },
      stock: {
        typeDefs: STOCK,
        resolvers: { Product: { __resolveReference: (product: object) => product, stock: () => stock } },
      },
    },
  });
  const ask = async () => {
    const response = await shop.handle(graphqlRequest({ query: '{ products { id stock } }' }));
    const { data } = (await response.json()) as { data: { products: { stock: number }[] } };
    return { state: response.headers.get('x-cache'), stocks: data.products.map(product => product.stock) };
  };
  return Object.assign(shop, {
    clock,
    ask,
    sell: () => {
      stock++;
    },
    forget: (target: object) =>
      shop.gateway.admin.inject({ method: 'POST', url: '/cache/invalidate', payload: target }),
  });
}

test.each([
  { kind: 'entity', type: 'Product', key: { id: '599' } },
  { kind: 'entity', type: 'Product', key: { id: '0' } },
  { kind: 'tag', tag: 'product-599' },
  { kind: 'type', type: 'Product' },
])(
  'an answer that is made of hundreds of kept entities is kept, and forgotten with one of them: %o',
  async target => {
    await using shop = await start();
    await shop.ask();
    shop.clock.at += 61_000;
    expect((await shop.ask()).state).toBe('MISS');
    expect((await shop.ask()).state).toBe('HIT');
    shop.sell();
    await shop.forget(target);
    const { state, stocks } = await shop.ask();
    expect(state).toBe('MISS');
    expect(stocks).toContain(2);
  },
);
