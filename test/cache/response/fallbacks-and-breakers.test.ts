import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sendJson } from '../../support/fake-subgraph.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

const QUERY = '{ cheapest { id } }';

async function ask(shop: KeptShop, query = QUERY) {
  const response = await shop.handle(graphqlRequest({ query }));
  return {
    state: response.headers.get('x-cache'),
    control: response.headers.get('cache-control'),
    body: (await response.json()) as {
      data: unknown;
      extensions?: { cache?: unknown; fallbacks?: unknown[] };
    },
  };
}

const fail = (shop: KeptShop): void => {
  shop.subgraphs.products.respond = (_, response) => sendJson(response, {}, 503);
};

test.each(['in a failure', 'under an open breaker'])(
  'a constant that a field answers with %s is not kept',
  async when => {
    await using shop = await startKeptShop({
      cache: { jitter: 0, entities: { enabled: true } },
      breakers: {
        default: { minimumCalls: 2, openFor: '5s', probes: 1 },
        fields: { 'Query.cheapest': { fallback: { value: { id: 'none' } } } },
      },
    });
    fail(shop);
    if (when === 'under an open breaker')
      for (let i = 0; i < 3; i++) await ask(shop, `{ cheapest { id } } # ${i}`);
    const asked = shop.requestCount();
    for (let i = 0; i < 2; i++) {
      const { state, control, body } = await ask(shop);
      expect([state, control, body.data]).toEqual(['MISS', 'no-store', { cheapest: { id: 'none' } }]);
    }
    expect(shop.requestCount() > asked).toBe(when === 'in a failure');
    shop.subgraphs.products.respond = undefined;
    shop.clock.at += 10_000;
    expect((await ask(shop)).body).toEqual({ data: { cheapest: { id: '1' } } });
    expect((await ask(shop)).state).toBe('HIT');
  },
);

test('a last good value is served as STALE, and is not kept', async () => {
  await using shop = await startKeptShop({
    breakers: { fields: { 'Query.cheapest': { fallback: { stale: '10m' } } } },
  });
  await ask(shop);
  fail(shop);
  shop.clock.at += 61_000;
  for (let i = 0; i < 2; i++) {
    const { state, control, body } = await ask(shop);
    expect([state, control, body.data]).toEqual(['STALE', 'no-store', { cheapest: { id: '1' } }]);
    expect(body.extensions?.fallbacks).toMatchObject([{ source: 'stale', ageMs: 61_000 }]);
  }
  shop.subgraphs.products.respond = undefined;
  expect((await ask(shop)).state).toBe('MISS');
  expect((await ask(shop)).state).toBe('HIT');
});

test('within staleIfError a kept answer is served while a breaker is open, and says so', async () => {
  await using shop = await startKeptShop({
    breakers: { default: { minimumCalls: 2, openFor: '5s', probes: 1 } },
  });
  const query = '{ products { id } }';
  const { body } = await ask(shop, query);
  fail(shop);
  shop.clock.at += 100_000;
  for (let i = 0; i < 3; i++) await ask(shop, query);
  const asked = shop.requestCount();
  const stale = await ask(shop, query);
  expect(stale).toEqual({
    state: 'STALE',
    control: 'no-store',
    body: { ...body, extensions: { cache: { state: 'STALE', ageMs: 100_000 } } },
  });
  expect(shop.requestCount()).toBe(asked);
});

test('what would stand in is not counted for who is answered with what another has made meanwhile', async () => {
  await using shop = await startKeptShop({
    breakers: { fields: { 'Query.products': { fallback: { value: [] } } } },
    execution: { sharing: { operations: false }, replay: '0B', subgraphs: { all: { identity: false } } },
  });
  const products = [{ __typename: 'Product', id: '1' }];
  shop.subgraphs.products.respond = async (_, response) => {
    await sleep(100);
    sendJson(response, { data: { products } });
  };
  const all = await Promise.all([1, 2, 3].map(() => ask(shop, '{ products { id } }')));
  expect(all.map(({ state }) => state).sort()).toEqual(['HIT', 'HIT', 'MISS']);
  const text = await shop.metrics.registry.metrics();
  expect(text.split('\n').filter(line => line.startsWith('weir_fallbacks_total{'))).toEqual([]);
});
