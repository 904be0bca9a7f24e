import { expect, test } from 'vitest';
import { type Respond, sendJson } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { DOWN, failingField, startShop } from './failing-shop.ts';

const STOCK = '{ products { id stock latest: rating } }';

test('a field that fails is cut out after enough calls, and its neighbours in the same fetch are still asked for', async () => {
  await using shop = await startShop();
  shop.subgraphs.reviews.respond = failingField('stock');
  await shop.ask('{ products { id stock } }');
  await shop.ask('{ products { id stock } }');
  shop.subgraphs.reviews.requests.length = 0;
  const { data, errors } = await shop.ask('{ products { id stock reviews { stars } } }');
  expect(shop.subgraphs.reviews.requests.map(({ query }) => query)).toEqual([
    expect.not.stringContaining('stock'),
  ]);
  expect(data?.['products']).toEqual([
    { id: '1', stock: null, reviews: [{ stars: 5 }] },
    { id: '2', stock: null, reviews: [{ stars: 5 }] },
  ]);
  expect(errors).toMatchObject([
    {
      path: ['products', 0, 'stock'],
      extensions: { code: 'CIRCUIT_OPEN', coordinate: 'Product.stock', subgraph: 'reviews' },
    },
    { path: ['products', 1, 'stock'] },
  ]);
  const { retryAfterMs } = errors?.[0]?.extensions ?? {};
  expect(retryAfterMs).toBeGreaterThanOrEqual(5_000);
  expect(retryAfterMs).toBeLessThanOrEqual(6_000);
});

test('nothing is sent when nothing is left to ask for', async () => {
  await using shop = await startShop();
  shop.subgraphs.reviews.respond = DOWN;
  await shop.ask('{ products { id stock } }');
  await shop.ask('{ products { id stock } }');
  shop.subgraphs.reviews.requests.length = 0;
  const { data } = await shop.ask('{ products { id stock } }');
  expect(data?.['products']).toHaveLength(2);
  expect(shop.subgraphs.reviews.requests).toEqual([]);
});

test('one probe goes through when the time is up, and a sound answer closes the breaker', async () => {
  await using shop = await startShop();
  shop.subgraphs.reviews.respond = DOWN;
  for (let call = 0; call < 3; call++) await shop.ask('{ products { id stock } }');
  expect(shop.subgraphs.reviews.requests).toHaveLength(2);
  shop.clock.at += 6_100;
  await shop.ask('{ products { id stock } }');
  await shop.ask('{ products { id stock } }');
  expect(shop.subgraphs.reviews.requests).toHaveLength(3);
  // Twice as long the second time.
  shop.clock.at += 6_100;
  await shop.ask('{ products { id stock } }');
  expect(shop.subgraphs.reviews.requests).toHaveLength(3);
  shop.clock.at += 6_100;
  shop.subgraphs.reviews.respond = undefined;
  expect((await shop.ask('{ products { id stock } }')).errors).toBeUndefined();
  expect((await shop.ask('{ products { id stock } }')).errors).toBeUndefined();
  expect(shop.subgraphs.reviews.requests).toHaveLength(5);
});

test('errors that are the fault of clients open nothing', async () => {
  await using shop = await startShop();
  shop.subgraphs.reviews.respond = failingField('stock', 'NOT_FOUND');
  for (let call = 0; call < 5; call++) await shop.ask('{ products { id stock } }');
  expect(shop.subgraphs.reviews.requests).toHaveLength(5);
});

test('what rests on a field that is cut is not asked for, and says why', async () => {
  await using shop = await startShop();
  shop.subgraphs.products.respond = (seen, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const products = [
      { __typename: 'Product', id: '1', ...(seen.query.includes('weight') ? { weight: null } : {}) },
    ];
    const failed = seen.query.includes('weight')
      ? { errors: [{ message: 'x', path: ['products', 0, 'weight'] }] }
      : {};
    response.end(JSON.stringify({ data: { products }, ...failed }));
  };
  await using guarded = await startShop({
    breakers: { default: { minimumCalls: 2 }, fields: { 'Product.weight': {} } },
  });
  guarded.subgraphs.products.respond = shop.subgraphs.products.respond;
  for (let call = 0; call < 2; call++) await guarded.ask('{ products { id parcel } }');
  guarded.subgraphs.reviews.requests.length = 0;
  const { data, errors } = await guarded.ask('{ products { id parcel } }');
  expect(data?.['products']).toEqual([{ id: '1', parcel: null }]);
  expect(errors).toMatchObject([
    { path: ['products', 0, 'parcel'], extensions: { code: 'CIRCUIT_OPEN', coordinate: 'Product.weight' } },
  ]);
  expect(guarded.subgraphs.reviews.requests).toEqual([]);
});

test('a request that joins another in flight is no second sample', async () => {
  await using shop = await startShop({
    breakers: { default: { minimumCalls: 2 } },
    execution: { replay: '0B', sharing: { operations: false, fetches: true } },
  });
  const { opened: gate, open: release } = createGate();
  shop.subgraphs.products.respond = async (seen, response) => {
    await gate;
    await DOWN(seen, response);
  };
  const both = [shop.ask('{ motto }'), shop.ask('{ motto }')];
  await expect.poll(() => shop.subgraphs.products.requests.length).toBe(1);
  release();
  await Promise.all(both);
  await shop.ask('{ motto }');
  expect(shop.subgraphs.products.requests).toHaveLength(2);
});

test('a field that is cut is an error where it is missing, and nowhere else', async () => {
  const breakers = { default: { minimumCalls: 2 }, fields: { 'Product.name': {} } };
  await using shop = await startShop({ breakers });
  const { products } = shop.subgraphs;
  products.respond = DOWN;
  for (let call = 0; call < 2; call++) await shop.ask('{ products { name } }');
  const { errors } = await shop.ask('{ products { name } }');
  expect(errors).toMatchObject([{ path: ['products'], extensions: { coordinate: 'Query.products' } }]);

  products.respond = (_seen, response) => sendJson(response, { data: { products: [] } });
  await using other = await startShop({ breakers });
  other.subgraphs.products.respond = failingName;
  for (let call = 0; call < 2; call++) await other.ask('{ products { name } }');
  other.subgraphs.products.respond = products.respond;
  expect(await other.ask('{ products { id name } }')).toEqual({ data: { products: [] } });
});

const failingName: Respond = (_seen, response) =>
  sendJson(response, {
    data: { products: [{ __typename: 'Product', id: '1', name: null }] },
    errors: [{ message: 'broken', path: ['products', 0, 'name'] }],
  });

test.each([
  ['a root field', '{ motto }', 'products', { motto: ['cheap'] }],
  ['a list', '{ products { id } }', 'products', { products: { id: '1' } }],
  [
    'a field of an entity',
    '{ products { stock } }',
    'reviews',
    {
      _entities: [
        { __typename: 'Product', stock: '7' },
        { __typename: 'Product', stock: 7 },
      ],
    },
  ],
] as const)('%s that is not of its type is a failure', async (_, query, subgraph, data) => {
  await using shop = await startShop();
  const failing = shop.subgraphs[subgraph];
  failing.respond = (_seen, response) => sendJson(response, { data });
  const codes: unknown[] = [];
  for (let call = 0; call < 3; call++) {
    const { errors } = await shop.ask(query);
    codes.push(errors?.[0]?.extensions?.['code']);
  }
  expect(codes).toEqual(['SUBGRAPH_BAD_RESPONSE', 'SUBGRAPH_BAD_RESPONSE', 'CIRCUIT_OPEN']);
  expect(failing.requests).toHaveLength(2);
});

test('a field without null takes its nearest nullable parent with it', async () => {
  await using shop = await startShop();
  shop.subgraphs.products.respond = DOWN;
  for (let call = 0; call < 2; call++) await shop.ask('{ vat }');
  const { data, errors } = await shop.ask('{ vat }');
  expect(data).toBeNull();
  expect(errors).toMatchObject([{ path: ['vat'], extensions: { code: 'CIRCUIT_OPEN' } }]);
});

test('equal replies are not replayed past an open breaker', async () => {
  await using shop = await startShop({
    breakers: { default: { minimumCalls: 2 } },
    execution: { sharing: { operations: false, fetches: false } },
  });
  for (let call = 0; call < 4; call++) await shop.ask(STOCK);
  shop.subgraphs.reviews.respond = DOWN;
  for (let call = 0; call < 10; call++) await shop.ask(STOCK);
  const asked = shop.subgraphs.reviews.requests.length;
  await shop.ask(STOCK);
  expect(shop.subgraphs.reviews.requests).toHaveLength(asked);
});

test('with no word of breakers, entries of fetches are guarded all the same', async () => {
  await using shop = await startShop({ breakers: undefined });
  shop.subgraphs.reviews.respond = DOWN;
  for (let call = 0; call < 25; call++) await shop.ask('{ products { id stock } }');
  expect(shop.subgraphs.reviews.requests).toHaveLength(20);
});

test('where only what is declared is guarded nothing else is cut, however often it fails', async () => {
  await using shop = await startShop({ breakers: { guard: 'declared' } });
  shop.subgraphs.reviews.respond = DOWN;
  for (let call = 0; call < 25; call++) await shop.ask('{ products { id stock } }');
  expect(shop.subgraphs.reviews.requests).toHaveLength(25);
});
