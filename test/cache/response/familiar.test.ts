import { ApolloServer } from '@apollo/server';
import { expect, test, vi } from 'vitest';
import { sha256 } from '../../../src/shared/hash.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { startKeptShop } from './kept-shop.ts';

const QUERY = '{ products { id name } }';

async function ask(shop: { handle(request: Request): Promise<Response> }, body: object, headers = {}) {
  const response = await shop.handle(graphqlRequest(body, headers));
  return {
    status: response.status,
    state: response.headers.get('x-cache'),
    headers: response.headers,
    body: await response.json(),
  };
}

test('a request that comes again is not parsed again, and answered the same, header by header', async () => {
  await using shop = await startKeptShop();
  await ask(shop, { query: QUERY });
  const usually = vi.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest');
  const familiar = await ask(shop, { query: QUERY });
  expect(usually).not.toHaveBeenCalled();
  // The same in another text is known by its document.
  const usual = await ask(shop, { query: QUERY, variables: {} });
  expect([familiar.state, usual.state]).toEqual(['HIT', 'HIT']);
  expect(familiar.body).toEqual(usual.body);
  const told = ({ headers }: typeof usual) =>
    [...headers].filter(([name]) => !['x-request-id', 'x-trace-id', 'date'].includes(name));
  expect(told(familiar)).toEqual(told(usual));
  expect(usually).not.toHaveBeenCalled();
  usually.mockRestore();
});

test('limits refuse it with the same words, once', async () => {
  await using shop = await startKeptShop({
    policy: { rateLimit: { limits: { few: { limit: 3, window: '1h', by: ['ip'] } } } },
  });
  for (let i = 0; i < 3; i++) expect((await ask(shop, { query: QUERY })).status).toBe(200);
  const refused = await ask(shop, { query: QUERY });
  const usual = await ask(shop, { query: QUERY, variables: {} });
  expect(refused.status).toBe(429);
  expect([refused.status, refused.headers.get('retry-after'), refused.body]).toEqual([
    usual.status,
    usual.headers.get('retry-after'),
    usual.body,
  ]);
});

test('one whose answer is gone goes the usual way, and is charged once', async () => {
  await using shop = await startKeptShop({
    policy: { rateLimit: { limits: { few: { limit: 10, window: '1h', by: ['ip'] } } } },
  });
  await ask(shop, { query: QUERY });
  shop.clock.at += 1_000_000;
  const { state, headers } = await ask(shop, { query: QUERY });
  expect([state, headers.get('ratelimit')]).toEqual(['MISS', expect.stringContaining('r=8')]);
});

test('one whose text is forgotten is run all the same, and spends what it costs once', async () => {
  await using shop = await startKeptShop({
    personas: { all: { match: { default: true }, documents: { apq: true } } },
    policy: { rateLimit: { limits: { few: { limit: 100, window: '1h', by: ['ip'] } } } },
  });
  const apq = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(text) } });
  await ask(shop, { query: QUERY, extensions: apq(QUERY) });
  expect((await ask(shop, { extensions: apq(QUERY) })).state).toBe('HIT');
  // Others push it out, and its answer grows old.
  for (let i = 0; i < 40; i++) {
    const query = `{ now } # ${i} ${'x'.repeat(220_000)}`;
    await ask(shop, { query, extensions: apq(query) });
  }
  shop.clock.at += 1_000_000;
  const left = async () =>
    Number(/r=(\d+)/.exec((await ask(shop, { query: '{ now }' })).headers.get('ratelimit') ?? '')?.[1]);
  const before = await left();
  const { body } = await ask(shop, { extensions: apq(QUERY) });
  expect(body).not.toHaveProperty('errors');
  // Asking itself costs one.
  expect(await left()).toBe(before - 2);
});

test('GET requests are familiar, too, and operations of a batch are not', async () => {
  await using shop = await startKeptShop({ server: { batching: { maxOperations: 3 } } });
  const get = async () => {
    const response = await shop.handle(
      new Request(`http://gateway/graphql?query=${encodeURIComponent(QUERY)}`, {
        headers: { 'apollo-require-preflight': '1' },
      }),
    );
    return [response.headers.get('x-cache'), await response.json()];
  };
  const first = await get();
  expect(await get()).toEqual(['HIT', first[1]]);
  const batch = [{ query: QUERY }, { query: '{ cheapest { id } }' }];
  expect(await (await shop.handle(graphqlRequest(batch))).json()).toEqual([
    first[1],
    { data: { cheapest: { id: '1' } } },
  ]);
});

test('metrics count it as an operation', async () => {
  await using shop = await startKeptShop();
  for (let i = 0; i < 3; i++) await ask(shop, { query: QUERY });
  const { body } = await shop.gateway.admin.inject('/metrics');
  expect(body).toContain('graphql_server_operations_total{kind="query",outcome="ok"} 3');
});
