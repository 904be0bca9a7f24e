import { describe, expect, test, vi } from 'vitest';
import { randomId } from '../../../src/shared/random-id.ts';
import { REDIS_URL, startRedisProxy } from '../../storage/redis-proxy.ts';
import { sendJson } from '../../support/fake-subgraph.ts';
import { createGate } from '../../support/gate.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

const PRODUCTS = '{ products { id name } }';

async function state(shop: KeptShop, query = PRODUCTS): Promise<string | null> {
  const response = await shop.handle(graphqlRequest({ query }));
  expect(response.status).toBe(200);
  return response.headers.get('x-cache');
}

function pass(ms: number, ...shops: readonly KeptShop[]): void {
  for (const shop of shops) shop.clock.at += ms;
}

async function invalidate(shop: KeptShop, target: object): Promise<void> {
  const response = await shop.gateway.admin.inject({
    method: 'POST',
    url: '/cache/invalidate',
    payload: target,
  });
  expect(response.json()).toEqual({ count: 1 });
}

describe('an answer is forgotten', () => {
  test.each([
    { kind: 'entity', type: 'Product', key: { id: '2' } },
    { kind: 'tag', tag: 'product-1' },
    { kind: 'type', type: 'Product' },
    { kind: 'subgraph', subgraph: 'products' },
    { kind: 'all' },
  ])('by %o, and is kept anew', async target => {
    await using shop = await startKeptShop();
    await state(shop);
    await invalidate(shop, target);
    expect([await state(shop), await state(shop)]).toEqual(['MISS', 'HIT']);
  });

  test('where nobody can tell which entities it has, too', async () => {
    await using shop = await startKeptShop();
    await state(shop, '{ products { name } }');
    await invalidate(shop, { kind: 'entity', type: 'Product', key: { id: '99' } });
    expect(await state(shop, '{ products { name } }')).toBe('MISS');
  });

  test('and no other is', async () => {
    await using shop = await startKeptShop();
    await state(shop);
    await invalidate(shop, { kind: 'entity', type: 'Product', key: { id: '99' } });
    await invalidate(shop, { kind: 'tag', tag: 'product-99' });
    expect(await state(shop)).toBe('HIT');
  });

  test('by a mutation that answers with one of its entities, before the mutation is answered', async () => {
    await using shop = await startKeptShop();
    await state(shop);
    await shop.ask('mutation { rename(id: 3, name: "x") { id } }');
    expect(await state(shop)).toBe('HIT');
    await shop.ask('mutation { rename(id: 1, name: "x") { id } }');
    expect(await state(shop)).toBe('MISS');
  });

  test('also where it is only being made: who asks after that does not join it', async () => {
    await using shop = await startKeptShop();
    const { products } = shop.subgraphs;
    const held: (() => void)[] = [];
    products.respond = (_seen, response) =>
      void held.push(() => sendJson(response, { data: { products: [] } }));
    const before = state(shop);
    await vi.waitFor(() => expect(held).toHaveLength(1), PATIENCE);
    await invalidate(shop, { kind: 'type', type: 'Product' });
    const after = state(shop);
    await vi.waitFor(() => expect(held).toHaveLength(2), PATIENCE);
    for (const answer of held) answer();
    expect(await Promise.all([before, after])).toEqual(['MISS', 'MISS']);
  });

  test('and so are the parts of it that a mutation answers with', async () => {
    await using shop = await startKeptShop({ cache: { jitter: 0, entities: { enabled: true } } });
    await state(shop);
    // Made of parts that are kept.
    await state(shop, 'query Other { products { name id } }');
    expect(shop.requestCount()).toBe(1);
    await shop.ask('mutation { rename(id: 1, name: "x") { id } }');
    expect(await state(shop, 'query Another { products { name id } }')).toBe('MISS');
    expect(shop.requestCount()).toBe(3);
  });

  test('not by mutations where that is off', async () => {
    await using shop = await startKeptShop({ cache: { jitter: 0, invalidateOnMutation: false } });
    await state(shop);
    await shop.ask('mutation { rename(id: 1, name: "x") { id } }');
    expect(await state(shop)).toBe('HIT');
  });
});

test('what was forgotten while it was made goes into no cache on the way', async () => {
  await using shop = await startKeptShop();
  const get = () =>
    shop.handle(
      new Request(`http://gateway/graphql?query=${encodeURIComponent(PRODUCTS)}`, {
        headers: { 'apollo-require-preflight': '1' },
      }),
    );
  const [arrived, answered] = [createGate(), createGate()];
  shop.subgraphs.products.respond = async (_, response) => {
    arrived.open();
    await answered.opened;
    sendJson(response, { data: { products: [{ id: '1', name: 'old' }] } });
  };
  const late = get();
  await arrived.opened;
  await invalidate(shop, { kind: 'tag', tag: 'product-1' });
  answered.open();
  const { headers } = await late;
  expect([headers.get('x-cache'), headers.get('cache-control'), headers.get('etag')]).toEqual([
    'MISS',
    'no-store',
    null,
  ]);
  expect((await get()).headers.get('cache-control')).toContain('public, max-age=60');
});

test('a mutation is answered soon while Redis is two seconds late, and this gateway has forgotten what it changed', async () => {
  await using proxy = await startRedisProxy();
  const storage = { redis: { url: proxy.url, prefix: `test-${randomId()}` } };
  await using shop = await startKeptShop({ storage });
  await vi.waitFor(async () => {
    pass(1_000, shop);
    expect(await state(shop)).toBe('HIT');
  }, PATIENCE);
  proxy.delay(2_000);
  using time = startOwnTime();
  await shop.ask('mutation { rename(id: 1, name: "x") { id } }');
  expect(time.ms).toBeLessThan(1_800);
  expect(await state(shop)).toBe('MISS');
});

test('what is made after an invalidation may be kept on the way while the fleet cannot be told', async () => {
  await using proxy = await startRedisProxy();
  const storage = { redis: { url: proxy.url, prefix: `test-${randomId()}`, readTimeout: '20ms' } };
  await using shop = await startKeptShop({ storage });
  await vi.waitFor(async () => {
    pass(1_000, shop);
    expect(await state(shop)).toBe('HIT');
  }, PATIENCE);
  proxy.silence();
  const payload = { kind: 'all' };
  const told = await shop.gateway.admin.inject({ method: 'POST', url: '/cache/invalidate', payload });
  expect(told.statusCode).toBe(503);
  const { headers } = await shop.handle(graphqlRequest({ query: PRODUCTS }));
  expect([headers.get('x-cache'), headers.get('cache-control')]).toEqual([
    'MISS',
    expect.stringContaining('max-age=60'),
  ]);
});

describe('two gateways on one Redis', () => {
  const startPair = async (url = REDIS_URL): Promise<readonly [KeptShop, KeptShop]> => {
    const storage = { redis: { url, prefix: `test-${randomId()}`, readTimeout: '5s' } };
    // One supergraph, so that both are of one generation: the second asks the subgraphs of the first.
    const first = await startKeptShop({ storage });
    const config = { execution: { subgraphs: { all: { identity: false } }, replay: '0B' }, storage };
    const second = await startKeptShop(config, first);
    await vi.waitFor(async () => {
      pass(1_000, first, second);
      await state(first, '{ cheapest { id } }');
      expect(await state(second, '{ cheapest { id } }')).toBe('HIT');
      await invalidate(first, { kind: 'all' });
    }, PATIENCE);
    return [first, second];
  };

  test('share what they keep, and each forgets what the other was told to', async () => {
    const [first, second] = await startPair();
    await using _first = first;
    await using _second = second;
    expect(await state(first)).toBe('MISS');
    await vi.waitFor(async () => expect(await state(second)).toBe('HIT'), PATIENCE);
    await invalidate(first, { kind: 'tag', tag: 'product-1' });
    // How soon is measured where several times tell more than one.
    await vi.waitFor(async () => expect(await state(second)).toBe('MISS'), PATIENCE);
  });

  test('make what nobody has once between them, and twice where the first time nothing was kept', async () => {
    const [first, second] = await startPair();
    await using _first = first;
    await using _second = second;
    const { products } = first.subgraphs;
    const askedFor = async (query: string, headers: Readonly<Record<string, string>>) => {
      products.requests.length = 0;
      products.respond = async (_seen, response) => {
        await new Promise(done => setTimeout(done, 60));
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        sendJson(response, { data: { products: [{ id: '1' }] } });
      };
      const states = await Promise.all([first, second].map(shop => state(shop, query)));
      return [products.requests.length, ...states.sort()];
    };
    const unkept = { 'cache-control': 'no-store' };
    expect(await askedFor('query N { products { id } }', unkept)).toEqual([2, 'MISS', 'MISS']);
    // Whoever was refused a lease as Redis was not there yet asks for none for a while, by this clock.
    let attempt = 0;
    await vi.waitFor(async () => {
      pass(1_000, first, second);
      expect(await askedFor(`query Q${attempt++} { products { id } }`, {})).toEqual([1, 'HIT', 'MISS']);
    }, PATIENCE);
  });

  test('make what is stale anew once between them', async () => {
    const [first, second] = await startPair();
    await using _first = first;
    await using _second = second;
    await state(first);
    await vi.waitFor(async () => expect(await state(second)).toBe('HIT'), PATIENCE);
    const before = first.subgraphs.products.requests.length;
    pass(61_000, first, second);
    expect(await Promise.all([state(first), state(second), state(second)])).toEqual([
      'STALE',
      'STALE',
      'STALE',
    ]);
    await vi.waitFor(async () => expect(await state(first)).toBe('HIT'), PATIENCE);
    await vi.waitFor(async () => expect(await state(second)).toBe('HIT'), PATIENCE);
    expect(first.subgraphs.products.requests).toHaveLength(before + 1);
  });
});
