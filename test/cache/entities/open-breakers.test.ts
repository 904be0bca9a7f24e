import { expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import type { FetchRecord } from '../../../src/execution/fetch/subgraph-fetch.ts';
import { sendJson } from '../../support/fake-subgraph.ts';
import { settled } from '../../support/settled.ts';
import { startGateway } from '../../support/start-gateway.ts';
import { handClock } from '../../support/test-identity.ts';
import { PATIENCE } from '../store/use-stores.ts';

const QUERY = 'query ($ids: [ID!]!) { products(ids: $ids) { stock price } }';

async function startShop(config: GatewayConfigInput = {}) {
  const clock = handClock();
  const gateway = await startGateway({
    clock,
    config: {
      cache: {
        jitter: 0,
        responses: { enabled: false },
        fields: { Product: { maxAge: '60s', staleIfError: '1h' } },
      },
      breakers: { default: { minimumCalls: 2, openFor: '5s', probes: 1 } },
      ...config,
    },
    subgraphs: {
      products: {
        typeDefs:
          'type Query { products(ids: [ID!]!): [Product] } type Product @key(fields: "id") { id: ID! }',
        resolvers: {
          Query: { products: (_: unknown, all: { ids: string[] }) => all.ids.map(id => ({ id })) },
        },
      },
      stock: {
        typeDefs: 'type Product @key(fields: "id") { id: ID! stock: Int price: Int }',
        resolvers: {
          Product: {
            __resolveReference: ({ id }: { id: string }) => ({
              id,
              stock: Number(id),
              price: Number(id) * 10,
            }),
          },
        },
      },
    },
  });
  const ask = async (...ids: string[]) => {
    const { data, errors = [], extensions } = await gateway.ask(QUERY, { ids });
    return {
      products: data?.['products'],
      codes: errors.map(error => error.extensions?.['code']),
      extensions,
    };
  };
  const { stock } = gateway.subgraphs;
  const healthy = stock.respond;
  return {
    clock,
    gateway,
    stock,
    ask,
    /** One field fails of all that is asked. */
    breakStock: () => {
      stock.respond = ({ variables, query }, response) => {
        const isAsked = query.includes('stock');
        const list = Object.values(variables)[0] as { id: string }[];
        sendJson(response, {
          data: { _entities: list.map(({ id }) => ({ stock: null, price: Number(id) * 10 })) },
          ...(isAsked && {
            errors: list.map((_, index) => ({ message: 'no', path: ['_entities', index, 'stock'] })),
          }),
        });
      };
    },
    /** Fields that were not asked for. */
    async cuts() {
      const text = await gateway.metrics.registry.metrics();
      const counts = text.matchAll(/^weir_breaker_cuts_total\{[^}]*\} (\d+)$/gm);
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    },
    mend: () => {
      stock.respond = healthy;
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

const whole = (id: number) => ({ stock: id, price: id * 10 });

test('what is kept is served while a breaker is open, and does not count for it', async () => {
  await using shop = await startShop();
  await shop.ask('1');
  shop.breakStock();
  await shop.ask('2');
  // Were hits counted as successes, half of the calls would not have failed.
  for (let hit = 0; hit < 5; hit++) await shop.ask('1');
  await shop.ask('3');
  await shop.ask('4');
  shop.stock.requests.length = 0;
  const { products, codes } = await shop.ask('1', '5');
  expect(products).toEqual([whole(1), { stock: null, price: 50 }]);
  expect(codes).toEqual(['CIRCUIT_OPEN']);
  expect(shop.stock.requests.map(({ query }) => query.includes('stock'))).toEqual([false]);
});

test('what was asked for without some of its fields is not kept', async () => {
  await using shop = await startShop();
  shop.breakStock();
  await shop.ask('1');
  await shop.ask('2');
  shop.mend();
  expect((await shop.ask('3')).codes).toEqual(['CIRCUIT_OPEN']);
  shop.clock.at += 6_000;
  expect(await shop.ask('3')).toMatchObject({ products: [whole(3)], codes: [] });
});

test('what is kept for errors stands in where nothing may be asked', async () => {
  await using shop = await startShop();
  await shop.ask('1');
  shop.clock.at += 100_000;
  shop.stock.respond = (_, response) => sendJson(response, {}, 503);
  for (const id of ['2', '3', '4']) await shop.ask(id);
  shop.stock.requests.length = 0;
  const { products, codes, extensions } = await shop.ask('1');
  expect([products, codes, shop.stock.requests]).toEqual([[whole(1)], [], []]);
  expect(extensions?.['fallbacks']).toMatchObject([
    { coordinate: 'Product.stock', source: 'stale', code: 'CIRCUIT_OPEN' },
    { coordinate: 'Product.price', source: 'stale', code: 'CIRCUIT_OPEN' },
  ]);
});

test('what is kept is no newer last good value than it is', async () => {
  await using shop = await startShop({
    cache: { jitter: 0, responses: { enabled: false }, fields: { Product: { maxAge: '9s' } } },
    breakers: { fields: { 'Product.stock': { fallback: { stale: '10s' } } } },
  });
  await shop.ask('1');
  shop.clock.at += 8_000;
  await shop.ask('1');
  expect(shop.stock.requests).toHaveLength(1);
  shop.clock.at += 1_500;
  shop.breakStock();
  expect((await shop.ask('1')).products).toEqual([whole(1)]);
  shop.clock.at += 1_500;
  expect(await shop.ask('1')).toMatchObject({ products: [{ stock: null }], codes: ['SUBGRAPH_ERROR'] });
});

/** Each when what the one before says is known. */
async function answerInTurn(answers: readonly (() => void)[]): Promise<void> {
  for (const answer of answers) {
    answer();
    await settled();
  }
}

test('a breaker that opens while somebody is waited for lets nothing more through', async () => {
  await using shop = await startShop();
  await shop.ask('4');
  shop.clock.at += 100_000;
  const answers: (() => void)[] = [];
  shop.stock.requests.length = 0;
  shop.stock.respond = (_, response) => void answers.push(() => sendJson(response, {}, 503));
  const first = shop.ask('1', '4');
  await vi.waitFor(() => expect(answers).toHaveLength(1), PATIENCE);
  const second = shop.ask('2', '1', '4');
  await vi.waitFor(() => expect(answers).toHaveLength(2), PATIENCE);
  await answerInTurn(answers.reverse());
  expect((await first).codes).not.toContain('CIRCUIT_OPEN');
  const { products, codes } = await second;
  expect(products).toEqual([{ stock: null, price: null }, { stock: null, price: null }, whole(4)]);
  expect(codes).toContain('CIRCUIT_OPEN');
  expect(shop.stock.requests).toHaveLength(2);
  expect(await shop.cuts()).toBe(2);
});

test('one of several breakers that opens then does not keep what is well from being asked for', async () => {
  await using shop = await startShop();
  const answers: (() => void)[] = [];
  shop.breakStock();
  const { respond } = shop.stock;
  shop.stock.respond = (request, response) => void answers.push(() => respond?.(request, response));
  const first = shop.ask('1');
  await vi.waitFor(() => expect(answers).toHaveLength(1), PATIENCE);
  const second = shop.ask('2', '1');
  await vi.waitFor(() => expect(answers).toHaveLength(2), PATIENCE);
  shop.breakStock();
  await answerInTurn(answers.reverse());
  await first;
  expect((await second).products).toEqual([
    { stock: null, price: 20 },
    { stock: null, price: 10 },
  ]);
});

test('what is kept is told of where the rest may not be asked for', async () => {
  await using shop = await startShop({ personas: { default: { explain: true } } });
  await shop.ask('1');
  shop.stock.respond = (_, response) => sendJson(response, {}, 503);
  for (const id of ['2', '3', '4']) await shop.ask(id);
  const { extensions } = await shop.gateway.ask(QUERY, { ids: ['1', '5'] }, { 'x-weir-explain': '1' });
  const explained = extensions?.['explain'] as { fetches: FetchRecord[] } | undefined;
  expect(explained?.fetches.find(({ subgraph }) => subgraph === 'stock')).toMatchObject({
    outcome: 'cached',
    cache: { hits: 1, misses: 0 },
  });
});
