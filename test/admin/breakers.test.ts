import { describe, expect, test } from 'vitest';
import { DOWN, type Shop, startShop } from '../resilience/failing-shop.ts';

async function admin(shop: Shop, method: 'GET' | 'POST', path: string, body?: object, headers = {}) {
  const { statusCode: status, ...answer } = await shop.gateway.admin.inject({
    method,
    url: `/breakers${path}`,
    headers,
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status, body: answer.json() };
}

const STOCK = '{ products { id stock } }';

test('tells which breakers there are, and what they have seen', async () => {
  await using shop = await startShop();
  shop.subgraphs.reviews.respond = DOWN;
  await shop.ask(STOCK);
  const before = await admin(shop, 'GET', '');
  expect(before.body.breakers).toContainEqual({
    subgraph: 'reviews',
    coordinate: 'Product.stock',
    state: 'closed',
    sinceMs: expect.any(Number),
    retryAfterMs: 0,
    window: { calls: 1, failures: 1, slow: 0 },
    forced: null,
  });
  await shop.ask(STOCK);
  const after = await admin(shop, 'GET', '');
  const stock = after.body.breakers.find((one: { coordinate: string }) => one.coordinate === 'Product.stock');
  expect(stock).toMatchObject({ state: 'open' });
  expect(stock.retryAfterMs).toBeGreaterThanOrEqual(5_000);
});

test('lists them by subgraph and field, whichever was asked first', async () => {
  await using shop = await startShop();
  for (const query of ['{ latest vat }', STOCK]) await shop.ask(query);
  const { breakers } = (await admin(shop, 'GET', '')).body;
  const names = breakers.map(
    (one: { subgraph: string; coordinate: string }) => `${one.subgraph} ${one.coordinate}`,
  );
  expect(names).toEqual([
    'products Query.products',
    'products Query.vat',
    'reviews Product.stock',
    'reviews Query.latest',
  ]);
});

test('takes a field out of service for a time, and each time is one line of the log', async () => {
  await using shop = await startShop();
  await shop.ask(STOCK);
  const order = { coordinate: 'Product.stock', for: '1m' };
  const { status, body } = await admin(shop, 'POST', '/open', order);
  expect([status, body.breakers]).toMatchObject([200, [{ forced: { to: 'open', forMs: 60_000 } }]]);
  expect((await shop.ask(STOCK)).errors).toMatchObject([
    { extensions: { code: 'CIRCUIT_OPEN', retryAfterMs: 60_000 } },
    {},
  ]);
  expect(shop.log.map(({ fields }) => fields)).toContainEqual({
    audit: expect.objectContaining({
      action: 'force-open',
      coordinate: 'Product.stock',
      forMs: 60_000,
      status: 200,
    }),
  });
  shop.clock.at += 60_000;
  expect((await shop.ask(STOCK)).errors).toBeUndefined();
});

test('lets requests through whatever the samples say', async () => {
  await using shop = await startShop();
  shop.subgraphs.reviews.respond = DOWN;
  for (let call = 0; call < 2; call++) await shop.ask(STOCK);
  shop.subgraphs.reviews.respond = undefined;
  expect((await shop.ask(STOCK)).errors).toBeDefined();
  await admin(shop, 'POST', '/close', { coordinate: 'Product.stock', subgraph: 'reviews', for: '1s' });
  expect((await shop.ask(STOCK)).errors).toBeUndefined();
});

describe('does nothing', () => {
  test.each([
    ['without a time', { coordinate: 'Product.stock' }, 400],
    ['for longer than an hour', { coordinate: 'Product.stock', for: '2h' }, 400],
    ['with a word that it does not know', { coordinate: 'Product.stock', for: '1m', force: true }, 400],
    ['without a field', {}, 400],
    ['for a field that has no breaker', { coordinate: 'Product.stok', for: '1m' }, 404],
    ['for a subgraph without the field', { coordinate: 'Product.stock', subgraph: 'x', for: '1m' }, 404],
  ])('%s', async (_, order, status) => {
    await using shop = await startShop();
    await shop.ask(STOCK);
    expect(await admin(shop, 'POST', '/open', order)).toMatchObject({
      status,
      body: { error: expect.any(String) },
    });
    expect((await shop.ask(STOCK)).errors).toBeUndefined();
  });

  test('for a page of another site', async () => {
    await using shop = await startShop();
    await shop.ask(STOCK);
    const headers = { 'sec-fetch-site': 'cross-site' };
    const order = { coordinate: 'Product.stock', for: '1m' };
    expect(await admin(shop, 'POST', '/open', order, headers)).toMatchObject({ status: 403 });
    expect((await shop.ask(STOCK)).errors).toBeUndefined();
  });
});
