import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { randomId } from '../../src/shared/random-id.ts';
import { REDIS_URL, startRedisProxy } from '../storage/redis-proxy.ts';
import { startRedisServer } from '../storage/redis-server.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { startOwnTime } from '../support/own-time.ts';
import { PATIENCE } from '../support/patience.ts';
import { DOWN, type Shop, startShop, startTwin } from './failing-shop.ts';

const PRODUCTS = '{ products(first: 1) { id name } }';
const REVIEWS = '{ products(first: 2) { id reviews { text } } }';
const GOOD = { products: [{ id: '1', name: 'Product 1' }] };

function sharing(more: GatewayConfigInput = {}, url = REDIS_URL, readTimeout = '2s') {
  return { ...more, storage: { redis: { url, prefix: `test-${randomId()}`, readTimeout } } };
}

/** A gateway that has seen nothing, when it has its Redis. */
async function startSecond(shop: Shop, shared: ReturnType<typeof sharing>) {
  const twin = await startTwin(shop, shared);
  const messages = () => twin.log.map(({ message }) => message);
  await vi.waitFor(() => expect(messages()).toContain('Redis is ready'), PATIENCE);
  return twin;
}

/** Asks until so many values are in Redis: what comes before Redis has answered is not written. */
async function untilKept(
  ask: () => Promise<unknown>,
  { storage: { redis } }: ReturnType<typeof sharing>,
  count = 1,
): Promise<void> {
  const client = new Redis(redis.url);
  const isKept = async (): Promise<void> => {
    await ask();
    expect(await client.keys(`${redis.prefix}:{cache/last-good/*`)).toHaveLength(count);
  };
  await vi.waitFor(isKept, PATIENCE).finally(() => client.disconnect());
}

test.each([
  ['without a cache', {}],
  ['beside a cache', { cache: {} }],
])('an instance that has seen nothing serves what another has seen: %s', async (_, config) => {
  const shared = sharing(config);
  await using first = await startShop(shared);
  await untilKept(() => first.ask(PRODUCTS), shared);
  await using second = await startSecond(first, shared);
  first.subgraphs.products.respond = DOWN;
  first.clock.at += 30_000;
  const failed = await second.ask(PRODUCTS);
  expect(failed).toMatchObject({ data: GOOD, extensions: { fallbacks: [{ source: 'stale' }] } });
  expect(failed.errors).toBeUndefined();
  const { fallbacks } = failed.extensions as { fallbacks: [{ ageMs: number; code: string }] };
  expect(fallbacks[0].ageMs).toBeGreaterThanOrEqual(30_000);
  expect(fallbacks[0].code).toBe('SUBGRAPH_UNAVAILABLE');
  // From now on it has it itself, also when its breaker is open.
  for (let call = 0; call < 2; call++) await second.ask(PRODUCTS);
  const open = await second.ask(PRODUCTS);
  expect(open).toMatchObject({ data: GOOD, extensions: { fallbacks: [{ code: 'CIRCUIT_OPEN' }] } });
  first.clock.at += 271_000;
  expect((await second.ask(PRODUCTS)).data).toEqual({ products: null });
});

test('entities are found one by one, and a constant stands in for those that nobody has', async () => {
  const shared = sharing();
  await using first = await startShop(shared);
  await untilKept(() => first.ask('{ products(first: 1) { id reviews { text } } }'), shared, 2);
  await using second = await startSecond(first, shared);
  first.subgraphs.reviews.respond = DOWN;
  const { data, extensions } = await second.ask(REVIEWS);
  expect(data?.['products']).toEqual([
    { id: '1', reviews: [{ text: 'about 1' }] },
    { id: '2', reviews: [{ text: 'none' }] },
  ]);
  expect(extensions?.['fallbacks']).toMatchObject([{ source: 'stale' }, { source: 'value' }]);
});

test('another caller, other arguments or another place of the subgraph do not find it', async () => {
  const headers = { request: [{ propagate: { name: 'x-shop' } }] };
  const shared = sharing({ breakers: {}, execution: { replay: '0B', subgraphs: { all: { headers } } } });
  await using first = await startShop(shared);
  const query = 'query($n: Int) { products(first: $n) { id } }';
  await untilKept(() => first.ask(query, { n: 1 }, { 'x-shop': 'north' }), shared);
  await using second = await startSecond(first, shared);
  await using elsewhere = await startShop(shared);
  for (const { subgraphs } of [first, elsewhere]) subgraphs.products.respond = DOWN;
  const none = { products: null };
  expect((await second.ask(query, { n: 1 }, { 'x-shop': 'south' })).data).toEqual(none);
  expect((await second.ask(query, { n: 1 })).data).toEqual(none);
  expect((await second.ask(query, { n: 2 }, { 'x-shop': 'north' })).data).toEqual(none);
  expect((await second.ask(query, {}, { 'x-shop': 'north' })).data).toEqual(none);
  expect((await elsewhere.ask(query, { n: 1 }, { 'x-shop': 'north' })).data).toEqual(none);
  const own = await second.ask(query, { n: 1 }, { 'x-shop': 'north' });
  expect(own.data).toEqual({ products: [{ id: '1' }] });
});

test('what is left out is not taken for null', async () => {
  const shared = sharing({ breakers: {} });
  await using first = await startShop(shared);
  const query = 'query($n: Int) { products(first: $n) { id } }';
  await untilKept(() => first.ask(query, {}), shared);
  first.subgraphs.products.respond = DOWN;
  expect((await first.ask(query, { n: null })).data).toEqual({ products: null });
  expect((await first.ask(query, {})).data).toEqual({ products: [{ id: '1' }, { id: '2' }] });
});

test('what is invalidated is forgotten by all', async () => {
  const shared = sharing({ cache: { entities: { enabled: false } } });
  await using first = await startShop(shared);
  await untilKept(() => first.ask(REVIEWS), shared, 3);
  await using second = await startSecond(first, shared);
  const invalidated = await first.gateway.admin.inject({
    method: 'POST',
    url: '/cache/invalidate',
    payload: { kind: 'entity', type: 'Product', key: { id: '1' } },
  });
  expect(invalidated.statusCode).toBe(202);
  first.subgraphs.reviews.respond = DOWN;
  const reviews = [[{ text: 'none' }], [{ text: 'about 2' }]];
  const reviewsOf = async (gateway: Pick<typeof first, 'ask'>) => {
    const { data } = (await gateway.ask(REVIEWS)) as { data: { products: { reviews: unknown }[] } };
    return data.products.map(product => product.reviews);
  };
  expect(await reviewsOf(first)).toEqual(reviews);
  expect(await reviewsOf(second)).toEqual(reviews);
});

test('what was asked for before an invalidation, and came after it, is not served', async () => {
  const shared = sharing({ cache: { entities: { enabled: false } } });
  await using first = await startShop(shared);
  await untilKept(() => first.ask(PRODUCTS), shared);
  const { products } = first.subgraphs;
  const invalidate = () =>
    first.gateway.admin.inject({ method: 'POST', url: '/cache/invalidate', payload: { kind: 'all' } });
  products.respond = async (_seen, response) => {
    expect((await invalidate()).statusCode).toBe(202);
    sendJson(response, { data: GOOD });
  };
  expect((await first.ask(PRODUCTS)).data).toEqual(GOOD);
  products.respond = DOWN;
  expect((await first.ask(PRODUCTS)).data).toEqual({ products: null });
  products.respond = undefined;
  await first.ask(PRODUCTS);
  products.respond = DOWN;
  expect((await first.ask(PRODUCTS)).data).toEqual(GOOD);
});

test('without Redis each has what it has seen itself, and no request fails', async () => {
  await using server = await startRedisServer();
  const shared = sharing({}, server.url);
  await using first = await startShop(shared);
  await untilKept(() => first.ask(PRODUCTS), shared);
  await using second = await startSecond(first, shared);
  await server.kill();
  first.subgraphs.products.respond = DOWN;
  expect((await first.ask(PRODUCTS)).data).toEqual(GOOD);
  const { data, errors } = await second.ask(PRODUCTS);
  expect(data).toEqual({ products: null });
  expect(errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }]);
});

test('a Redis that says nothing is waited for no longer than its budget', async () => {
  await using proxy = await startRedisProxy();
  const shared = sharing({}, proxy.url, '150ms');
  await using first = await startShop(shared);
  await untilKept(() => first.ask(PRODUCTS), shared);
  await using second = await startSecond(first, shared);
  first.subgraphs.products.respond = DOWN;
  proxy.silence();
  using time = startOwnTime();
  expect((await second.ask(PRODUCTS)).data).toEqual({ products: null });
  expect(time.ms).toBeLessThan(1_000);
  proxy.speak();
});
