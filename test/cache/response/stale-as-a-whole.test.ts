import { gunzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { sendJson } from '../../support/fake-subgraph.ts';
import { createGate } from '../../support/gate.ts';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

const QUERY = '{ products { id name } }';
const PRODUCTS = ['1', '2'].map(id => ({ id, name: 'first' }));
const SECOND = ['1', '2'].map(id => ({ __typename: 'Product', id, name: 'second' }));

const get = (shop: KeptShop, headers: Record<string, string> = {}): Promise<Response> =>
  shop.handle(
    new Request(`http://gateway/graphql?query=${encodeURIComponent(QUERY)}`, {
      headers: { 'apollo-require-preflight': '1', ...headers },
    }),
  );

/** A gateway with an answer that is stale and stays so, as its subgraph does not answer until the gate is opened. */
async function startStale(config: Parameters<typeof startKeptShop>[0] = {}) {
  const shop = await startKeptShop(config);
  expect((await get(shop)).headers.get('x-cache')).toBe('MISS');
  const gate = createGate();
  shop.subgraphs.products.respond = async (_, response) => {
    await gate.opened;
    sendJson(response, { data: { products: SECOND } });
  };
  shop.clock.at += 61_000;
  return { shop, gate };
}

describe('an answer that is older than it is to be and made anew behind it', () => {
  test('says so in its body as in its headers, however often it is asked for, until there is a new one', async () => {
    const { shop, gate } = await startStale();
    await using _ = shop;
    for (let second = 61; second < 64; second++) {
      const response = await get(shop);
      const { headers } = response;
      expect([headers.get('x-cache'), headers.get('age')]).toEqual(['STALE', String(second)]);
      expect(headers.get('cache-control')).toContain('max-age=60, stale-while-revalidate=30');
      expect(await response.json()).toEqual({
        data: { products: PRODUCTS },
        extensions: { cache: { state: 'STALE', ageMs: second * 1_000 } },
      });
      shop.clock.at += 1_000;
    }
    gate.open();
    await vi.waitFor(async () => {
      const fresh = await get(shop);
      expect(fresh.headers.get('x-cache')).toBe('HIT');
      expect(JSON.stringify(await fresh.json())).toBe(
        JSON.stringify({ data: { products: SECOND.map(({ id, name }) => ({ id, name })) } }),
      );
    }, PATIENCE);
  });

  test('has no validator, as it says something else a second later', async () => {
    const { shop, gate } = await startStale();
    await using _ = shop;
    const first = await get(shop);
    expect([first.status, first.headers.get('etag')]).toEqual([200, null]);
    const again = await get(shop, { 'if-none-match': '*' });
    expect([again.status, again.headers.get('etag')]).toEqual([200, null]);
    gate.open();
  });

  test('is compressed with what it says, and once for all who ask in one second', async () => {
    const { shop, gate } = await startStale({ server: { compression: { minBytes: '1B' } } });
    await using _ = shop;
    const packed = async (accepted: string) => {
      const response = await shop.gateway.app.inject({
        url: `/graphql?query=${encodeURIComponent(QUERY)}`,
        headers: { 'apollo-require-preflight': '1', 'accept-encoding': accepted },
      });
      return response.rawPayload;
    };
    const text = JSON.stringify({
      data: { products: PRODUCTS },
      extensions: { cache: { state: 'STALE', ageMs: 61_000 } },
    });
    expect(gunzipSync(await packed('gzip')).toString()).toBe(text);
    expect(String(await packed('identity'))).toBe(text);
    gate.open();
  });

  test('says so in a batch, beside others that have nothing to say', async () => {
    const { shop, gate } = await startStale({
      personas: { all: { match: { default: true }, limits: { batch: 2 } } },
    });
    await using _ = shop;
    const batch = [{ query: QUERY }, { query: '{ __typename }' }];
    const response = await shop.handle(graphqlRequest(batch));
    expect(await response.json()).toEqual([
      { data: { products: PRODUCTS }, extensions: { cache: { state: 'STALE', ageMs: 61_000 } } },
      { data: { __typename: 'Query' } },
    ]);
    gate.open();
  });

  test('says so beside what the persona is told of costs', async () => {
    const { shop, gate } = await startStale({
      personas: { all: { match: { default: true }, cost: { show: true } } },
      policy: { cost: { mode: 'measure' } },
    });
    await using _ = shop;
    const { extensions } = (await (await get(shop)).json()) as { extensions: object };
    expect(extensions).toMatchObject({
      cost: { estimated: expect.any(Number) },
      cache: { state: 'STALE', ageMs: 61_000 },
    });
    gate.open();
  });
});

test('an answer that stands in for one that cannot be had says so, and no cache on the way keeps it', async () => {
  await using shop = await startKeptShop();
  await get(shop);
  shop.subgraphs.products.respond = (_, response) => sendJson(response, {}, 503);
  shop.clock.at += 100_500;
  const stale = await get(shop);
  const { headers } = stale;
  const said = ['x-cache', 'cache-control', 'age', 'etag'].map(name => headers.get(name));
  expect(said).toEqual(['STALE', 'no-store', null, null]);
  expect(await stale.json()).toEqual({
    data: { products: PRODUCTS },
    extensions: { cache: { state: 'STALE', ageMs: 100_000 } },
  });
});
