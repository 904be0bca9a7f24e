import { expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

/** Products by how many; each has a tag, and a name of a language. */
const startShop = (surrogateKeys: boolean) =>
  startGateway({
    config: {
      execution: { subgraphs: { all: { identity: false } } },
      cache: { jitter: 0, defaultMaxAge: '60s', surrogateKeys },
    },
    subgraphs: {
      products: {
        typeDefs: `extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"])
          type Query { products(first: Int!): [Product!]! @cacheTag(format: "first-{$args.first}") day: String }
          type Product @key(fields: "id") @cacheTag(format: "product-{$key.id}") { id: ID! name: String }`,
        resolvers: {
          Query: {
            products: (_: unknown, { first }: { first: number }) => ids(first).map(id => ({ id, name: 'n' })),
            day: () => 'today',
          },
        },
      },
    },
  });

async function get(shop: TestGateway<'products'>, query: string) {
  const { headers } = await shop.handle(
    new Request(`http://gateway/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'apollo-require-preflight': '1' },
    }),
  );
  return { state: headers.get('x-cache'), keys: headers.get('surrogate-key')?.split(' ') ?? [] };
}

async function invalidate(shop: TestGateway<'products'>, target: object) {
  const response = await shop.gateway.admin.inject({
    method: 'POST',
    url: '/cache/invalidate',
    payload: target,
  });
  return response.json() as { count: number; surrogateKeys?: readonly string[] };
}

const QUERIES = [
  '{ products(first: 1) { id name } }',
  '{ products(first: 2) { name } }',
  // Of so many the answer has no tags by name.
  '{ products(first: 70) { id name } }',
  'query Day { day }',
];

test('whoever invalidates is told the keys by which shared caches know just what is forgotten', async () => {
  await using shop = await startShop(true);
  for (const target of [
    { kind: 'tag', tag: 'product-1' },
    { kind: 'tag', tag: 'first-2' },
    { kind: 'tag', tag: 'two words' },
    { kind: 'entity', type: 'Product', key: { id: '1' } },
    { kind: 'entity', type: 'Product', key: { id: '69' } },
    { kind: 'type', type: 'Product' },
    { kind: 'subgraph', subgraph: 'products' },
    { kind: 'operation', name: 'Day' },
    { kind: 'all' },
  ]) {
    const told = await Promise.all(QUERIES.map(query => get(shop, query)));
    const { surrogateKeys = [] } = await invalidate(shop, target);
    const after = await Promise.all(QUERIES.map(query => get(shop, query)));
    const isPurged = told.map(({ keys }) => keys.some(key => surrogateKeys.includes(key)));
    expect([target, isPurged]).toEqual([target, after.map(({ state }) => state === 'MISS')]);
    expect(told.every(({ keys }) => keys.length > 0)).toBe(true);
    if (target.kind !== 'tag' || target.tag !== 'two words') expect(isPurged).toContain(true);
  }
});

test('without such keys there is nothing to tell', async () => {
  await using shop = await startShop(false);
  expect(await invalidate(shop, { kind: 'all' })).toEqual({ count: 1 });
});
