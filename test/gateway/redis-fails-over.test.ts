import { expect, test, vi } from 'vitest';
import { randomId } from '../../src/shared/random-id.ts';
import { entry } from '../cache/store/contract.ts';
import { PATIENCE, useRedisStore } from '../cache/store/use-stores.ts';
import { startSentinelPair } from '../storage/redis-sentinel.ts';
import { startOwnTime } from '../support/own-time.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

const TYPE_DEFS = `
  type Query { products(first: Int): [Product!]! }
  type Product @key(fields: "id") { id: ID! }
`;
const QUERY = 'query($first: Int) { products(first: $first) { id } }';
const REDIS_LINES = /^Redis is|^rate limits|^the cache/;

interface Asked {
  readonly status: number;
  readonly cache: string | null;
  readonly body: string;
  readonly ms: number;
}

async function ask({ handle }: TestGateway<'products'>, first: number): Promise<Asked> {
  using time = startOwnTime();
  const response = await handle(graphqlRequest({ query: QUERY, variables: { first } }));
  const body = await response.text();
  const { status, headers } = response;
  return { status, cache: headers.get('x-cache'), body, ms: time.ms };
}

test('while a master is replaced requests go on without Redis, and with the new one afterwards', async () => {
  const prefix = `test-${randomId()}`;
  await using pair = await startSentinelPair();
  const start = () =>
    startGateway({
      subgraphs: {
        products: { typeDefs: TYPE_DEFS, resolvers: { Query: { products: () => [{ id: '1' }] } } },
      },
      config: {
        cache: { defaultMaxAge: '10m' },
        storage: { redis: { sentinel: pair.config, prefix, readTimeout: '1s' } },
        policy: { rateLimit: { limits: { all: { limit: 100_000, window: '1h', by: [] } } } },
        execution: { subgraphs: { products: { identity: false } } },
      },
    });
  await using gateway = await start();
  await using other = await useRedisStore({ sentinel: pair.config, prefix });
  const lines = () => gateway.log.map(({ message }) => message).filter(text => REDIS_LINES.test(text));
  await vi.waitFor(() => expect(lines()).toEqual(['Redis is ready']), PATIENCE);

  let first = 0;
  const seen: Asked[] = [];
  const load = async (until: () => boolean): Promise<void> => {
    while (!until()) {
      seen.push(await ask(gateway, ++first));
      await new Promise(done => setTimeout(done, 5));
    }
  };
  await load(() => first >= 20);
  await pair.master.kill();
  await load(() => lines().at(-1) === 'rate limits are counted by Redis again');
  expect(new Set(seen.map(({ status, cache, body }) => `${status} ${cache} ${body}`))).toEqual(
    new Set(['200 MISS {"data":{"products":[{"id":"1"}]}}']),
  );
  // Nothing waits for longer than it may wait for Redis, or a busy machine.
  expect(Math.max(...seen.map(({ ms }) => ms))).toBeLessThan(1_500);
  const [ready, lost, policy, ...back] = lines();
  expect([ready, ...back]).toEqual([
    'Redis is ready',
    'Redis is ready',
    'rate limits are counted by Redis again',
  ]);
  // Whoever waits for an answer may hear of it before the connection does.
  expect([lost, policy].sort()).toEqual([
    'Redis is lost; going on without it and trying again',
    'rate limits follow their outage policy: Redis does not count',
  ]);

  // What one puts another finds, and what one invalidates another forgets.
  await vi.waitFor(async () => {
    other.store.put('k', entry(other, { tags: ['all', 'tag:product-1'] }));
    expect(await other.count('writes_total', 'written')).toBeGreaterThan(0);
    expect(other.store.peek('k')).toBeDefined();
  }, PATIENCE);
  const payload = { kind: 'tag', tag: 'product-1' };
  const { statusCode } = await gateway.gateway.admin.inject({
    method: 'POST',
    url: '/cache/invalidate',
    payload,
  });
  expect(statusCode).toBe(202);
  await vi.waitFor(() => expect(other.store.peek('k')).toBeUndefined(), PATIENCE);
  expect(await other.store.get(['k'])).toEqual([undefined]);
  await using newcomer = await start();
  await vi.waitFor(async () => expect((await ask(newcomer, first)).cache).toBe('HIT'), PATIENCE);
  const { payload: metrics } = await gateway.gateway.admin.inject({ url: '/metrics' });
  expect(metrics).toContain('weir_redis_ready 1');
  expect(metrics).toMatch(/weir_redis_failures_total\{reason="disconnected"\} [1-9]/);
  expect(metrics).toMatch(/weir_cache_store_reads_total\{outcome="unavailable"\} [1-9]/);
});
