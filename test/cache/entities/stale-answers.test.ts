import { describe, expect, test, vi } from 'vitest';
import { sendJson } from '../../support/fake-subgraph.ts';
import { createGate } from '../../support/gate.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type HeadedShop, type HeadedShopOptions, startHeadedShop } from './headed-shop.ts';

const REVALIDATED = { maxAge: '60s', staleWhileRevalidate: '30s' };

function start(options: Partial<HeadedShopOptions> = {}): Promise<HeadedShop> {
  const { cache, ...rest } = options;
  return startHeadedShop({
    rules: [],
    ...rest,
    cache: { ...cache, fields: { Product: REVALIDATED, ...cache?.fields } },
  });
}

async function told(shop: HeadedShop, ...ids: readonly string[]) {
  const { headers, body } = await shop.stockOf(ids);
  return {
    state: headers.get('x-cache'),
    control: headers.get('cache-control'),
    extensions: body.extensions,
    data: body.data,
  };
}

const stocks = (...all: readonly (number | null)[]) => ({ products: all.map(stock => ({ stock })) });

describe('an answer of which a part is older than it is to be', () => {
  test.each([true, false])('says so, and no cache keeps it (answers are kept: %s)', async enabled => {
    await using shop = await start({
      cache: { responses: { enabled }, fields: { 'Query.products': { maxAge: '1h' } } },
    });
    await told(shop, '1');
    shop.clock.at += 20_000;
    await told(shop, '2');
    shop.clock.at += 41_000;
    shop.reply({}, id => Number(id) * 10);
    // The first is 61 s old, the second 41 s, the third is asked for.
    const stale = await told(shop, '1', '2', '3');
    expect(stale).toEqual({
      state: 'STALE',
      control: 'no-store',
      extensions: { cache: { state: 'STALE', ageMs: 61_000 } },
      data: stocks(1, 2, 30),
    });
    await vi.waitFor(() => expect(shop.takeAsked()).toContainEqual(['1']));
    // It has not been kept: what was made anew is in the next.
    await vi.waitFor(async () =>
      expect(await told(shop, '1', '2', '3')).toMatchObject({ data: stocks(10, 2, 30) }),
    );
    const fresh = await told(shop, '1', '2', '3');
    expect(fresh).toMatchObject({ state: enabled ? 'HIT' : null, extensions: undefined });
  });

  test('is not one where all parts are fresh', async () => {
    await using shop = await start({ cache: { responses: { enabled: true } } });
    await told(shop, '1');
    shop.clock.at += 59_000;
    expect(await told(shop, '1', '2')).toMatchObject({ state: 'MISS', extensions: undefined });
  });

  test('says so of root fields, and by the oldest part', async () => {
    await using shop = await start({
      cache: { fields: { 'Query.motto': { maxAge: '60s', staleWhileRevalidate: '5m' } } },
    });
    const ask = async () => (await shop.ask('{ motto products(ids: ["1"]) { stock } }')).extensions;
    await shop.ask('{ motto }');
    shop.clock.at += 30_000;
    await told(shop, '1');
    shop.clock.at += 61_000;
    expect(await ask()).toEqual({ cache: { state: 'STALE', ageMs: 91_000 } });
  });

  test('says so to all whose operations it answers', async () => {
    await using shop = await start();
    await told(shop, '1');
    shop.clock.at += 61_000;
    const { opened: gate, open } = createGate();
    shop.subgraphs.products.respond = async (_, response) => {
      await gate;
      sendJson(response, { data: { products: [{ __typename: 'Product', id: '1' }] } });
    };
    shop.subgraphs.products.requests.length = 0;
    const both = [told(shop, '1'), told(shop, '1')];
    for (let count = 0; count < 3; count++) await shop.ask('{ __typename }');
    open();
    expect((await Promise.all(both)).map(({ state }) => state)).toEqual(['STALE', 'STALE']);
    expect(shop.subgraphs.products.requests).toHaveLength(1);
  });

  test('is not fresh to shared caches, whatever the persona allows them', async () => {
    const query = '{ products(ids: ["1"]) { stock } }';
    await using folder = await temporaryFolder({ 'm.json': JSON.stringify({ stock: query }) });
    await using shop = await start({
      folder: folder.path,
      config: {
        personas: {
          web: {
            match: { default: true },
            documents: { manifests: ['m.json'] },
            response: { maxAge: '90s' },
          },
        },
      },
    });
    const control = async () => {
      const { headers } = await shop.handle(new Request('http://gateway/graphql/stock'));
      return [headers.get('x-cache'), headers.get('cache-control'), headers.get('etag')];
    };
    expect(await control()).toEqual([null, 'public, max-age=90', null]);
    shop.clock.at += 61_000;
    expect(await control()).toEqual(['STALE', 'no-store', null]);
  });

  test('says so where nothing but null stands in for what cannot be had', async () => {
    await using shop = await start({ cache: { fields: { Product: { maxAge: '60s', staleIfError: '1h' } } } });
    shop.subgraphs.stock.respond = (_, response) =>
      sendJson(response, { data: { _entities: [{ stock: null }] } });
    await told(shop, '1');
    shop.clock.at += 61_000;
    shop.subgraphs.stock.respond = (_, response) => sendJson(response, {}, 503);
    expect(await told(shop, '1')).toEqual({
      state: 'STALE',
      control: 'no-store',
      extensions: { cache: { state: 'STALE', ageMs: 61_000 } },
      data: stocks(null),
    });
  });

  test('says so in a batch', async () => {
    await using shop = await start({
      config: { personas: { web: { match: { default: true }, limits: { batch: 2 } } } },
    });
    const query = '{ products(ids: ["1"]) { stock } }';
    await shop.ask(query);
    shop.clock.at += 61_000;
    const response = await shop.handle(graphqlRequest([{ query }, { query: '{ __typename }' }]));
    expect(await response.json()).toMatchObject([{ extensions: { cache: { state: 'STALE' } } }, {}]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});
