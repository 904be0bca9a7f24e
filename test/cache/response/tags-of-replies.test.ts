import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { sendJson } from '../../support/fake-subgraph.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

const QUERY = '{ products { id name } }';

/** Products whose subgraph says these of each reply. */
async function start(extensions: object, config: GatewayConfigInput = {}): Promise<KeptShop> {
  const shop = await startKeptShop(config);
  shop.subgraphs.products.respond = (_, response) =>
    sendJson(response, { data: { products: [{ __typename: 'Product', id: '1', name: 'x' }] }, extensions });
  return shop;
}

async function state(shop: KeptShop, query = QUERY): Promise<string | null> {
  const { headers } = await shop.handle(graphqlRequest({ query }));
  return headers.get('x-cache');
}

async function forget(shop: KeptShop, tag: string): Promise<void> {
  const payload = { kind: 'tag', tag };
  await shop.gateway.admin.inject({ method: 'POST', url: '/cache/invalidate', payload });
}

describe('a tag that a reply has said', () => {
  test.each<[string, object, GatewayConfigInput]>([
    ['the reply', { apolloCacheTags: ['front'] }, {}],
    [
      'the reply, where parts are kept, too',
      { apolloCacheTags: ['front'] },
      { cache: { entities: { enabled: true } } },
    ],
    ['an entity of it', { apolloEntityCacheTags: [['front'], ['other']] }, {}],
  ])(
    'of %s forgets the answers that were made of it, and another tag does not',
    async (_, extensions, config) => {
      await using shop = await start(extensions, config);
      expect([await state(shop), await state(shop)]).toEqual(['MISS', 'HIT']);
      await forget(shop, 'fron');
      expect(await state(shop)).toBe('HIT');
      await forget(shop, 'front');
      expect([await state(shop), await state(shop)]).toEqual(['MISS', 'HIT']);
    },
  );

  test('is also of answers that are not computed again, as all replies are those of last time', async () => {
    const subgraphs = { all: { identity: false } };
    await using shop = await start(
      { apolloCacheTags: ['front'] },
      { execution: { subgraphs, replay: '1MiB' } },
    );
    for (let round = 0; round < 5; round++) {
      expect([await state(shop), await state(shop)]).toEqual(['MISS', 'HIT']);
      await forget(shop, 'front');
    }
    expect(shop.requestCount()).toBe(5);
  });

  test('is of answers that are made of what is kept of it', async () => {
    await using shop = await start(
      { apolloCacheTags: ['front'] },
      { cache: { entities: { enabled: true } } },
    );
    await state(shop);
    const other = 'query Other { products { name id } }';
    expect([await state(shop, other), await state(shop, other)]).toEqual(['MISS', 'HIT']);
    expect(shop.requestCount()).toBe(1);
    await forget(shop, 'front');
    expect(await state(shop, other)).toBe('MISS');
  });
});

describe.each([{ apolloCacheTags: 'front' }, { apolloEntityCacheTags: [1] }])('tags like %o', extensions => {
  test.each([false, true])(
    'cannot be read, and may be any: nothing is kept (entities: %s)',
    async enabled => {
      await using shop = await start(extensions, { cache: { entities: { enabled } } });
      expect([await state(shop), await state(shop)]).toEqual(['MISS', 'MISS']);
      expect(await shop.ask(QUERY)).toEqual({ data: { products: [{ id: '1', name: 'x' }] } });
      expect(shop.requestCount()).toBe(3);
    },
  );
});

test('what else a subgraph says of its reply changes nothing', async () => {
  await using shop = await start({ tracing: { apolloCacheTags: 1 }, cost: 3 });
  expect([await state(shop), await state(shop)]).toEqual(['MISS', 'HIT']);
});
