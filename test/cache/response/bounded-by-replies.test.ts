import { describe, expect, test } from 'vitest';
import { sendJson } from '../../support/fake-subgraph.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

const QUERY = '{ cheapest { id name } }';
const CHEAPEST = { __typename: 'Product', id: '1', name: 'first' };

async function send(shop: KeptShop, query = QUERY) {
  const { headers } = await shop.handle(graphqlRequest({ query }));
  return { state: headers.get('x-cache'), control: headers.get('cache-control') };
}

describe('an answer that says that there is nothing', () => {
  test.each(['{ cheapest { id name } }', '{ cheap: cheapest { id } products { id } }'])(
    'is kept for as long as that is believed, and never served stale: %s',
    async query => {
      await using shop = await startKeptShop({
        cache: { jitter: 0, negative: '5s', entities: { enabled: true } },
      });
      shop.subgraphs.products.respond = (_, response) =>
        sendJson(response, { data: { cheapest: null, cheap: null, products: [] } });
      expect(await send(shop, query)).toEqual({ state: 'MISS', control: 'private, max-age=5' });
      shop.clock.at += 4_000;
      expect((await send(shop, query)).state).toBe('HIT');
      shop.clock.at += 1_000;
      expect((await send(shop, query)).state).toBe('MISS');
      expect(shop.requestCount()).toBe(2);
    },
  );

  test('is not kept at all where it is not believed', async () => {
    await using shop = await startKeptShop({
      cache: { jitter: 0, negative: '0s', entities: { enabled: true } },
    });
    shop.subgraphs.products.respond = (_, response) => sendJson(response, { data: { cheapest: null } });
    expect([(await send(shop)).state, (await send(shop)).state]).toEqual(['MISS', 'MISS']);
  });

  test('is as any other where what is null is no entity', async () => {
    await using shop = await startKeptShop({
      cache: { jitter: 0, negative: '5s', entities: { enabled: true } },
    });
    shop.subgraphs.products.respond = (_, response) => sendJson(response, { data: { products: null } });
    expect((await send(shop, '{ products { id } }')).control).toContain('max-age=60');
  });
});

describe('an answer that is made of a reply with another status than 200', () => {
  test.each([203, 206, 403, 404])('is not kept: %i', async status => {
    await using shop = await startKeptShop();
    shop.subgraphs.products.respond = (_, response) =>
      sendJson(response, { data: { cheapest: CHEAPEST } }, status);
    expect(await send(shop)).toEqual({ state: 'MISS', control: 'no-store' });
    expect((await send(shop)).state).toBe('MISS');
    expect(shop.requestCount()).toBe(2);
  });
});
