import { expect, test } from 'vitest';
import { startGateway } from '../support/start-gateway.ts';
import { DOWN, startShop } from './failing-shop.ts';

test('a constant answers a single failure, and is named beside the answer', async () => {
  await using shop = await startShop();
  shop.subgraphs.reviews.respond = DOWN;
  const answer = await shop.ask('{ products(first: 1) { id r: rating } }');
  expect(answer).toEqual({
    data: { products: [{ id: '1', r: 2.5 }] },
    extensions: {
      fallbacks: [
        {
          path: ['products', 0, 'r'],
          coordinate: 'Product.rating',
          source: 'value',
          code: 'SUBGRAPH_UNAVAILABLE',
        },
      ],
    },
  });
});

test('the last good value goes before the constant, under the names of the operation', async () => {
  await using shop = await startShop();
  const query = '{ products(first: 1) { id said: reviews { words: text __typename } } }';
  await shop.ask(query);
  shop.clock.at += 30_000;
  shop.subgraphs.reviews.respond = DOWN;
  const stale = await shop.ask(query);
  expect(stale.data?.['products']).toEqual([{ id: '1', said: [{ words: 'about 1', __typename: 'Review' }] }]);
  expect(stale.extensions?.['fallbacks']).toMatchObject([{ source: 'stale', ageMs: 30_000 }]);
  shop.clock.at += 31_000;
  const constant = await shop.ask(query);
  expect(constant.data?.['products']).toEqual([{ id: '1', said: [{ words: 'none', __typename: 'Review' }] }]);
  expect(constant.extensions?.['fallbacks']).toMatchObject([{ source: 'value' }]);
});

test('a root field answers with its last good value while its breaker is open', async () => {
  await using shop = await startShop();
  const query = '{ products(first: 1) { id name } motto }';
  await shop.ask(query);
  shop.subgraphs.products.respond = DOWN;
  for (let call = 0; call < 3; call++) await shop.ask(query);
  const sent = shop.subgraphs.products.requests.length;
  const { data, errors, extensions } = await shop.ask(query);
  expect(shop.subgraphs.products.requests).toHaveLength(sent);
  expect(data).toEqual({ products: [{ id: '1', name: 'Product 1' }], motto: null });
  expect(errors).toMatchObject([{ path: ['motto'], extensions: { code: 'CIRCUIT_OPEN' } }]);
  expect(extensions?.['fallbacks']).toMatchObject([{ coordinate: 'Query.products', code: 'CIRCUIT_OPEN' }]);
});

test('a last good value is only for the same arguments and the same caller', async () => {
  await using shop = await startShop({
    breakers: {},
    execution: {
      replay: '0B',
      subgraphs: { all: { headers: { request: [{ propagate: { name: 'x-shop' } }] } } },
    },
  });
  const query = 'query($n: Int) { products(first: $n) { id } }';
  await shop.ask(query, { n: 1 }, { 'x-shop': 'north' });
  shop.subgraphs.products.respond = DOWN;
  const own = await shop.ask(query, { n: 1 }, { 'x-shop': 'north' });
  const otherCaller = await shop.ask(query, { n: 1 }, { 'x-shop': 'south' });
  const otherArguments = await shop.ask(query, { n: 2 }, { 'x-shop': 'north' });
  expect(own.data).toEqual({ products: [{ id: '1' }] });
  expect([otherCaller.data, otherArguments.data]).toEqual([{ products: null }, { products: null }]);
});

test('what was changed by one answer is not in the next', async () => {
  await using shop = await startShop();
  const query = '{ products(first: 1) { id stock } }';
  await shop.ask(query);
  shop.subgraphs.products.respond = DOWN;
  for (let call = 0; call < 2; call++) {
    const { data } = await shop.ask(query);
    expect(data?.['products']).toEqual([{ id: '1', stock: 7 }]);
  }
});

test('shared caches keep nothing that a fallback is part of', async () => {
  await using shop = await startShop({
    breakers: {},
    personas: { web: { match: { default: true }, response: { maxAge: '1m' }, documents: { apq: true } } },
  });
  shop.subgraphs.reviews.respond = DOWN;
  const response = await shop.handle(
    new Request('http://gateway/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ products { rating } }' }),
    }),
  );
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('a value that comes back the same is as good as the last time that it did', async () => {
  await using shop = await startShop({
    execution: { replay: '32MiB', subgraphs: { all: { timeout: '1s' } } },
  });
  const query = '{ products(first: 1) { id name } }';
  for (let minute = 0; minute < 10; minute++) {
    await shop.ask(query);
    shop.clock.at += 60_000;
  }
  shop.subgraphs.products.respond = DOWN;
  const { data, extensions } = await shop.ask(query);
  expect(data).toEqual({ products: [{ id: '1', name: 'Product 1' }] });
  expect(extensions?.['fallbacks']).toMatchObject([{ source: 'stale', ageMs: 60_000 }]);
});

test('a value of which a breaker has cut a part is not taken for a whole one', async () => {
  await using shop = await startShop({ breakers: { fields: { 'Product.name': {} } } });
  const query = '{ products(first: 1) { id name } }';
  const whole = { products: [{ id: '1', name: 'Product 1' }] };
  expect((await shop.ask(query)).data).toEqual(whole);
  const payload = { coordinate: 'Product.name', for: '1m' };
  const opened = await shop.gateway.admin.inject({ method: 'POST', url: '/breakers/open', payload });
  expect(opened.statusCode).toBe(200);
  expect((await shop.ask(query)).data).toEqual({ products: [{ id: '1', name: null }] });
  shop.subgraphs.products.respond = DOWN;
  expect((await shop.ask(query)).data).toEqual(whole);
});

test('what a mutation did once is no answer for one that fails', async () => {
  await using gateway = await startGateway({
    config: { breakers: { fields: { 'Mutation.pay': { fallback: { stale: '5m' } } } } },
    subgraphs: {
      shop: {
        typeDefs: 'type Query { a: String } type Mutation { pay: String }',
        resolvers: { Mutation: { pay: () => 'paid' } },
      },
    },
  });
  expect((await gateway.ask('mutation { pay }')).data).toEqual({ pay: 'paid' });
  gateway.subgraphs.shop.respond = DOWN;
  expect((await gateway.ask('mutation { pay }')).data).toEqual({ pay: null });
});
