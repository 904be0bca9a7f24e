import { parse, print } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { completeWeirLink } from '../../src/supergraph/complete-weir-link.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { startGateway } from '../support/start-gateway.ts';
import { handClock } from '../support/test-identity.ts';
import { DOWN } from './failing-shop.ts';

const LINK = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@composeDirective"])
  @link(url: "https://weir.dev/weir/v1.0", import: ["@fallback"])`;

const PRODUCTS = `${LINK}
  type Query { products: [Product!] @fallback(stale: "5m") }
  type Product @key(fields: "id") { id: ID! }`;

const STOCK = `${LINK}
  type Product @key(fields: "id") { id: ID! stock: Int @fallback(stale: "5m") }`;

interface Says {
  products?: object;
  stock?: object;
}

/** Two products, their stock, and what replies say beside them. */
async function start(says: Says, config: GatewayConfigInput = {}) {
  const clock = handClock();
  const gateway = await startGateway({
    clock,
    config: {
      execution: { replay: '0B' },
      cache: { entities: { enabled: false }, responses: { enabled: false } },
      ...config,
    },
    subgraphs: {
      products: { typeDefs: print(completeWeirLink(parse(PRODUCTS))) },
      stock: { typeDefs: print(completeWeirLink(parse(STOCK))) },
    },
  });
  const up = (): void => {
    gateway.subgraphs.products.respond = (_, response) => {
      const products = ['1', '2'].map(id => ({ __typename: 'Product', id }));
      sendJson(response, { data: { products }, extensions: says.products });
    };
    gateway.subgraphs.stock.respond = (_, response) => {
      const entities = [7, 8].map(stock => ({ __typename: 'Product', stock }));
      sendJson(response, { data: { _entities: entities }, extensions: says.stock });
    };
  };
  up();
  return Object.assign(gateway, {
    up,
    ids: async () => (await gateway.ask('{ products { id } }')).data?.['products'],
    stocks: async () => (await gateway.ask('{ products { stock } }')).data?.['products'],
    forget: (tag: string) =>
      gateway.gateway.admin.inject({
        method: 'POST',
        url: '/cache/invalidate',
        payload: { kind: 'tag', tag },
      }),
  });
}

const IDS = [{ id: '1' }, { id: '2' }];

/** What stands in for the products that are not there, once what has the tag is forgotten. */
async function idsWithout(shop: Awaited<ReturnType<typeof start>>, tag: string) {
  shop.subgraphs.products.respond = DOWN;
  await shop.forget(tag);
  return await shop.ids();
}

describe('a last good value is forgotten with a tag that its reply has said', () => {
  test.each<[string, GatewayConfigInput]>([
    ['when it came', {}],
    ['when it came, and all since were as it was', { execution: { replay: '1MiB' } }],
  ])('of root fields: %s', async (_, config) => {
    await using shop = await start({ products: { apolloCacheTags: ['front'] } }, config);
    for (let call = 0; call < 4; call++) expect(await shop.ids()).toEqual(IDS);
    expect(await idsWithout(shop, 'fron')).toEqual(IDS);
    expect(await idsWithout(shop, 'front')).toBeNull();
  });

  test('of the entity that it is of, and of no other', async () => {
    await using shop = await start({ stock: { apolloEntityCacheTags: [['one'], ['two']] } });
    await shop.stocks();
    shop.subgraphs.stock.respond = DOWN;
    expect(await shop.stocks()).toEqual([{ stock: 7 }, { stock: 8 }]);
    await shop.forget('two');
    expect(await shop.stocks()).toEqual([{ stock: 7 }, { stock: null }]);
  });

  test('of all entities where it is of the reply', async () => {
    await using shop = await start({ stock: { apolloCacheTags: ['both'] } });
    await shop.stocks();
    shop.subgraphs.stock.respond = DOWN;
    await shop.forget('both');
    expect(await shop.stocks()).toEqual([{ stock: null }, { stock: null }]);
  });

  test('and not with one that an earlier reply has said', async () => {
    const says: Says = { products: { apolloCacheTags: ['before'] } };
    await using shop = await start(says);
    await shop.ids();
    says.products = { apolloCacheTags: ['after'] };
    await shop.ids();
    expect(await idsWithout(shop, 'before')).toEqual(IDS);
    expect(await idsWithout(shop, 'after')).toBeNull();
  });
});

test('with tags that cannot be read nothing is kept, as they may be any', async () => {
  await using shop = await start({ stock: { apolloEntityCacheTags: 'all' } });
  await shop.stocks();
  shop.subgraphs.stock.respond = DOWN;
  expect(await shop.stocks()).toEqual([{ stock: null }, { stock: null }]);
});

test('where nothing can be invalidated they do not matter', async () => {
  await using shop = await start({ stock: { apolloEntityCacheTags: 'all' } }, { cache: undefined as never });
  await shop.stocks();
  shop.subgraphs.stock.respond = DOWN;
  expect(await shop.stocks()).toEqual([{ stock: 7 }, { stock: 8 }]);
});
