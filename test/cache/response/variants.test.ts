import { expect, test } from 'vitest';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

const get = (shop: KeptShop): Promise<Response> =>
  shop.handle(
    new Request(`http://gateway/graphql?query=${encodeURIComponent('{ products { id } }')}`, {
      headers: { 'apollo-require-preflight': '1' },
    }),
  );

test('what a variant has answered no cache on the way keeps, whether it was made now or kept here', async () => {
  await using canary = await startKeptShop();
  const { url } = canary.subgraphs.products;
  await using shop = await startKeptShop({
    execution: {
      replay: '0B',
      subgraphs: {
        all: { identity: false },
        products: { variants: { canary: { url, weight: 100 } } },
      },
    },
  });
  for (const state of ['MISS', 'HIT', 'HIT']) {
    const { headers } = await get(shop);
    expect([headers.get('x-cache'), headers.get('cache-control')]).toEqual([state, 'no-store']);
  }
  shop.clock.at += 61_000;
  const { headers } = await get(shop);
  expect([headers.get('x-cache'), headers.get('cache-control')]).toEqual(['STALE', 'no-store']);
  expect(shop.requestCount()).toBe(0);
});
