import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { sendJson } from '../../support/fake-subgraph.ts';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

const QUERY = '{ products { id name } }';
const DOWN = (_: unknown, response: Parameters<typeof sendJson>[0]): void => sendJson(response, {}, 503);

async function send(shop: KeptShop, query: string, headers: Record<string, string> = {}, variables = {}) {
  const response = await shop.handle(graphqlRequest({ query, variables }, headers));
  return {
    response,
    state: response.headers.get('x-cache'),
    control: response.headers.get('cache-control'),
    body: (await response.json()) as { data: Record<string, unknown>; extensions?: unknown },
  };
}

const get = (shop: KeptShop, query: string, headers: Record<string, string> = {}): Promise<Response> =>
  shop.handle(
    new Request(`http://gateway/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'apollo-require-preflight': '1', ...headers },
    }),
  );

describe('an answer that may be kept', () => {
  test('is served again without its subgraphs, and says how old it is and how long it lasts', async () => {
    await using shop = await startKeptShop();
    const miss = await send(shop, QUERY);
    expect([miss.state, miss.control]).toEqual([
      'MISS',
      'private, max-age=60, stale-while-revalidate=30, stale-if-error=600',
    ]);
    shop.rename('second');
    shop.clock.at += 42_000;
    const hit = await send(shop, QUERY);
    expect([hit.state, hit.response.headers.get('age')]).toEqual(['HIT', '42']);
    expect(hit.body).toEqual(miss.body);
    expect(shop.requestCount()).toBe(1);
  });

  test('is served while it is made anew behind it, once, and then the new one is', async () => {
    await using shop = await startKeptShop();
    await send(shop, QUERY);
    shop.rename('second');
    shop.clock.at += 61_000;
    const stale = await Promise.all([send(shop, QUERY), send(shop, QUERY), send(shop, QUERY)]);
    expect(stale.map(({ state }) => state)).toEqual(['STALE', 'STALE', 'STALE']);
    // Caches on the way take it for what it is.
    expect(stale[0]?.control).toContain('max-age=60, stale-while-revalidate=30');
    expect(stale[0]?.response.headers.get('age')).toBe('61');
    expect(JSON.stringify(stale[0]?.body)).toContain('first');
    await vi.waitFor(async () => {
      const { state, body } = await send(shop, QUERY);
      expect(state).toBe('HIT');
      expect(JSON.stringify(body)).toContain('second');
    }, PATIENCE);
    expect(shop.requestCount()).toBe(2);
  });

  test('is made of what is new where its parts are kept, too', async () => {
    await using shop = await startKeptShop({ cache: { jitter: 0, entities: { enabled: true } } });
    await send(shop, QUERY);
    shop.rename('second');
    shop.clock.at += 61_000;
    expect((await send(shop, QUERY)).state).toBe('STALE');
    await vi.waitFor(async () => {
      const { state, body } = await send(shop, QUERY);
      expect([state, JSON.stringify(body).includes('second')]).toEqual(['HIT', true]);
    }, PATIENCE);
    expect(shop.requestCount()).toBe(2);
  });

  test('is asked for anew when it is too old for that', async () => {
    await using shop = await startKeptShop();
    await send(shop, QUERY);
    shop.rename('second');
    shop.clock.at += 91_000;
    const { state, body } = await send(shop, QUERY);
    expect(state).toBe('MISS');
    expect(JSON.stringify(body)).toContain('second');
  });

  test('is served for a time where a fresh one cannot be had, and says so', async () => {
    await using shop = await startKeptShop();
    const { body } = await send(shop, QUERY);
    shop.subgraphs.products.respond = DOWN;
    shop.clock.at += 600_000;
    const stale = await send(shop, QUERY);
    expect(stale.state).toBe('STALE');
    expect(stale.body.data).toEqual(body.data);
    expect(stale.body.extensions).toEqual({ cache: { state: 'STALE', ageMs: 600_000 } });
    shop.clock.at += 61_000;
    const over = await send(shop, QUERY);
    expect(over.state).toBe('MISS');
    expect(over.body.data).toEqual({ products: null });
  });

  test('is served as a whole, and says so, where kept entities could stand in for what cannot be had', async () => {
    await using shop = await startKeptShop({ cache: { jitter: 0, entities: { enabled: true } } });
    await send(shop, QUERY);
    shop.subgraphs.products.respond = DOWN;
    shop.clock.at += 100_000;
    const { state, body } = await send(shop, QUERY);
    expect([state, body.extensions]).toEqual(['STALE', { cache: { state: 'STALE', ageMs: 100_000 } }]);
  });

  test('of which parts are old, as fresh ones cannot be had, says so', async () => {
    await using shop = await startKeptShop({
      cache: { jitter: 0, entities: { enabled: true }, responses: { enabled: false } },
    });
    expect((await send(shop, QUERY)).state).toBeNull();
    shop.subgraphs.products.respond = DOWN;
    shop.clock.at += 100_000;
    const { state, control, body } = await send(shop, QUERY);
    expect([state, control]).toEqual(['STALE', 'no-store']);
    expect(body.extensions).toMatchObject({ fallbacks: [{ source: 'stale', ageMs: 100_000 }] });
  });

  test('has a strong validator, of which each form has its own, and 304 where a client has it', async () => {
    await using shop = await startKeptShop({
      server: { compression: { minBytes: '1B' } },
      cache: { jitter: 0 },
    });
    const first = await get(shop, QUERY, { 'accept-encoding': 'identity' });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toMatch(/^public, max-age=60/);
    const packed = await get(shop, QUERY, { 'accept-encoding': 'br' });
    expect(packed.headers.get('etag')).toBe(etag.replace(/"$/, '-br"'));
    for (const tag of [etag, packed.headers.get('etag') ?? '', `"other", W/${etag}`, '*']) {
      const unchanged = await get(shop, QUERY, { 'if-none-match': tag, 'accept-encoding': 'br' });
      expect([unchanged.status, await unchanged.text()]).toEqual([304, '']);
      for (const name of ['cache-control', 'vary', 'age'])
        expect([name, unchanged.headers.get(name)]).toEqual([name, packed.headers.get(name)]);
      expect(unchanged.headers.get('etag')).not.toBeNull();
    }
    const changed = await get(shop, QUERY, { 'if-none-match': '"other"' });
    expect(changed.status).toBe(200);
    expect(shop.requestCount()).toBe(1);
  });

  test('has another validator as another media type, and 304 for no form that a client may not read', async () => {
    await using shop = await startKeptShop({
      server: { compression: { minBytes: '1B' } },
      cache: { jitter: 0 },
    });
    const json = { 'accept-encoding': 'identity' };
    const packed = { 'accept-encoding': 'gzip' };
    const response = { ...json, accept: 'application/graphql-response+json' };
    const etags: string[] = [];
    for (const headers of [json, packed, response, { ...packed, ...response, ...packed }])
      etags.push((await get(shop, QUERY, headers)).headers.get('etag') ?? '');
    const [ofJson = '', ofPacked = '', ofResponse = ''] = etags;
    expect(new Set(etags).size).toBe(4);
    const status = async (tag: string, headers: Record<string, string>) => {
      const { status: code, headers: said } = await get(shop, QUERY, { 'if-none-match': tag, ...headers });
      return code === 304 ? said.get('etag') : code;
    };
    // What comes compressed may be had as it is; then it is that form that is still right.
    expect(await status(ofJson, packed)).toBe(ofJson);
    expect(await status(`"x", W/${ofPacked}`, packed)).toBe(ofPacked);
    expect(await status(ofPacked, json)).toBe(200);
    expect(await status(ofPacked, { 'accept-encoding': 'br' })).toBe(200);
    expect(await status(ofResponse, json)).toBe(200);
    expect(await status(ofJson, response)).toBe(200);
    expect(await status(ofResponse, response)).toBe(ofResponse);
    expect(shop.requestCount()).toBe(1);
  });

  test('has the headers that its subgraphs had for clients, unless these are for one client', async () => {
    const response = [
      { propagate: { name: 'x-shop' } },
      { propagate: { name: 'set-cookie' } },
      { insert: { name: 'x-persona', value: 'everyone' } },
    ];
    await using shop = await startKeptShop({
      execution: { subgraphs: { all: { identity: false, headers: { response } } }, replay: '0B' },
    });
    let own: Record<string, string> = { 'x-shop': 'a' };
    shop.subgraphs.products.respond = (_seen, reply) => {
      for (const [name, value] of Object.entries(own)) reply.setHeader(name, value);
      sendJson(reply, { data: { products: [] } });
    };
    for (const state of ['MISS', 'HIT']) {
      const { response, ...rest } = await send(shop, QUERY);
      expect(rest.state).toBe(state);
      expect([response.headers.get('x-shop'), response.headers.get('x-persona')]).toEqual(['a', 'everyone']);
    }
    shop.clock.at += 61_000;
    own = { 'x-shop': 'b' };
    const stale = await send(shop, QUERY);
    expect([stale.state, stale.response.headers.get('x-shop')]).toEqual(['STALE', 'a']);
    await vi.waitFor(async () => {
      const { state, response } = await send(shop, QUERY);
      expect([state, response.headers.get('x-shop')]).toEqual(['HIT', 'b']);
    }, PATIENCE);
    own = { 'set-cookie': 's=1' };
    for (let i = 0; i < 2; i++) {
      const { state, control } = await send(shop, '{ products { name } }');
      expect([state, control]).toEqual(['MISS', 'no-store']);
    }
  });

  test('tells shared caches its tags where that is on', async () => {
    await using shop = await startKeptShop({ cache: { jitter: 0, surrogateKeys: true } });
    const response = await get(shop, QUERY);
    expect(response.headers.get('surrogate-key')?.split(' ')).toEqual(
      expect.arrayContaining(['all', 'type:Product', 'subgraph:products']),
    );
    expect(response.headers.get('cache-tag')).toContain('type:Product,');
    const posted = await send(shop, QUERY);
    expect(posted.response.headers.get('surrogate-key')).toBeNull();
  });

  test('spends of limits what cached answers spend', async () => {
    await using shop = await startKeptShop({
      policy: {
        cost: { mode: 'measure' },
        rateLimit: {
          cachedWeight: 1,
          limits: { points: { limit: 100, window: '1h', spend: 'cost', by: ['ip'] } },
        },
      },
    });
    const left = async (): Promise<number> => {
      const { response } = await send(shop, '{ cheapest { id } now }');
      return Number(/r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]);
    };
    const before = await left();
    await send(shop, '{ products(first: 3) { id name } }');
    const afterMiss = await left();
    await send(shop, '{ products(first: 3) { id name } }');
    const afterHit = await left();
    // Asking itself costs one.
    expect([before - afterMiss, afterMiss - afterHit]).toEqual([1 + 3, 1 + 1]);
  });
});

test('what an answer cost is told of kept ones too, and their budget by what they spend', async () => {
  const points = { limit: 100, window: '1h', spend: 'cost' as const, by: ['ip'] };
  await using shop = await startKeptShop({
    personas: { all: { match: { default: true }, cost: { show: true } } },
    policy: { cost: { mode: 'measure' }, rateLimit: { cachedWeight: 2, limits: { points } } },
  });
  const told: unknown[] = [];
  for (let i = 0; i < 4; i++) {
    // The last one is stale.
    if (i === 3) shop.clock.at += 61_000;
    const { state, body } = await send(shop, '{ products(first: 3) { id name } }');
    const { cost } = body.extensions as { cost: { actual: number; budget: { remaining: number } } };
    told.push([state, cost.actual, cost.budget.remaining]);
  }
  expect(told).toEqual([
    ['MISS', 3, 97],
    ['HIT', 3, 95],
    ['HIT', 3, 93],
    ['STALE', 3, 91],
  ]);
});

test('what somebody else made while it was waited for is a hit, and spends what hits do', async () => {
  const points = { limit: 100, window: '1h', spend: 'cost' as const, by: ['ip'] };
  await using shop = await startKeptShop({
    // As in a fleet: whoever does not join the other waits for what it keeps.
    execution: { sharing: { operations: false }, subgraphs: { all: { identity: false } }, replay: '0B' },
    personas: { all: { match: { default: true }, cost: { show: true } } },
    policy: { cost: { mode: 'measure' }, rateLimit: { cachedWeight: 2, limits: { points } } },
  });
  shop.subgraphs.products.respond = async (_seen, reply) => {
    await sleep(60);
    sendJson(reply, { data: { products: [{ id: '1', name: 'first' }] } });
  };
  const query = '{ products(first: 50) { id name } }';
  const both = await Promise.all([send(shop, query), send(shop, query)]);
  expect(shop.requestCount()).toBe(1);
  expect(both.map(({ state }) => state).sort()).toEqual(['HIT', 'MISS']);
  const found = both.find(({ state }) => state === 'HIT');
  expect(found?.body).toMatchObject({
    data: { products: [{ id: '1' }] },
    extensions: { cost: { actual: 1 } },
  });
  const { body } = await send(shop, query);
  // Of the one that made it, of the one that waited, and of this.
  expect(body.extensions).toMatchObject({ cost: { budget: { remaining: 100 - 1 - 2 - 2 } } });
  const metrics = (await shop.gateway.admin.inject({ url: '/metrics' })).body;
  expect(/weir_operation_cost_points_count{[^}]*actual[^}]*} (\d+)/.exec(metrics)?.[1]).toBe('1');
});

test('what cost or limits refuse is not planned to find out where it would be kept', async () => {
  const few = { limit: 1, by: [], for: { operations: ['Few'] } };
  await using shop = await startKeptShop({
    policy: { cost: { mode: 'enforce', max: 15 }, rateLimit: { limits: { few } } },
  });
  const statuses: number[] = [];
  for (const query of [
    '{ a: products { id } b: products { id } }',
    'query Few { products { id } }',
    'query Few { products { id name } }',
    'query Many { products { name } }',
  ])
    statuses.push((await send(shop, query)).response.status);
  expect(statuses).toEqual([400, 200, 429, 200]);
  const metrics = (await shop.gateway.admin.inject({ url: '/metrics' })).body;
  expect(/weir_plan_duration_seconds_count{[^}]*} (\d+)/.exec(metrics)?.[1]).toBe('2');
});

describe('not kept is', () => {
  test.each([
    ['a mutation', 'mutation { rename(id: 1, name: "x") { id } }'],
    ['what has a field of which nothing is said', '{ products { id } now }'],
  ])('%s', async (_, query) => {
    await using shop = await startKeptShop();
    for (let i = 0; i < 2; i++)
      expect(await send(shop, query)).toMatchObject({ state: 'BYPASS', control: 'no-store' });
    expect(shop.requestCount()).toBe(2);
  });

  test('an answer with an error', async () => {
    await using shop = await startKeptShop();
    shop.subgraphs.products.respond = DOWN;
    await send(shop, QUERY);
    shop.subgraphs.products.respond = undefined;
    expect(await send(shop, QUERY)).toMatchObject({ state: 'MISS', body: { data: { products: [{}, {}] } } });
  });

  test.each([true, false])(
    'a value of the wrong type, nor does it replace what is kept (entities: %s)',
    async enabled => {
      await using shop = await startKeptShop({ cache: { jitter: 0, entities: { enabled } } });
      const junk = (_: unknown, response: Parameters<typeof sendJson>[0]): void =>
        sendJson(response, { data: { products: [{ id: '1', name: { text: 'junk' } }] } });
      shop.subgraphs.products.respond = junk;
      expect(await send(shop, QUERY)).toMatchObject({ state: 'MISS', body: { errors: [{}] } });
      shop.subgraphs.products.respond = undefined;
      const sound = await send(shop, QUERY);
      expect(sound).toMatchObject({ state: 'MISS', body: { data: { products: [{}, {}] } } });
      shop.subgraphs.products.respond = junk;
      shop.clock.at += 61_000;
      expect(await send(shop, QUERY)).toMatchObject({ state: 'STALE', body: sound.body });
      await vi.waitFor(() => expect(shop.requestCount()).toBe(3), PATIENCE);
      shop.clock.at += 20_000;
      expect(await send(shop, QUERY)).toMatchObject({ state: 'STALE', body: sound.body });
    },
  );

  test.each(['no-store', 'private', 'max-age=0', '=='])('what its subgraph says is %s', async value => {
    await using shop = await startKeptShop();
    shop.subgraphs.products.respond = (_seen, response) => {
      response.setHeader('cache-control', value);
      sendJson(response, { data: { products: [] } });
    };
    for (let i = 0; i < 2; i++) expect((await send(shop, QUERY)).state).toBe('MISS');
    expect(shop.requestCount()).toBe(2);
  });

  test('what its subgraph says varies by what nobody can know', async () => {
    await using shop = await startKeptShop();
    shop.subgraphs.products.respond = (_seen, response) => {
      response.setHeader('vary', 'accept, *');
      sendJson(response, { data: { products: [] } });
    };
    for (let i = 0; i < 2; i++) expect((await send(shop, QUERY)).state).toBe('MISS');
  });

  test('anything longer than its subgraph says', async () => {
    await using shop = await startKeptShop();
    shop.subgraphs.products.respond = (_seen, response) => {
      response.setHeader('cache-control', 'max-age=10');
      sendJson(response, { data: { products: [] } });
    };
    expect((await send(shop, QUERY)).control).toContain('max-age=10');
    shop.clock.at += 9_000;
    expect((await send(shop, QUERY)).state).toBe('HIT');
    shop.clock.at += 32_000;
    expect((await send(shop, QUERY)).state).toBe('MISS');
  });

  test('anything for a persona that has no cache, and less for one that multiplies', async () => {
    await using shop = await startKeptShop({
      personas: {
        none: { match: { clients: [{ name: 'none' }] }, cache: { disabled: true } },
        half: { match: { clients: [{ name: 'half' }] }, cache: { maxAge: 0.5 } },
        all: { match: { default: true } },
      },
    });
    const as = (name: string) => send(shop, QUERY, { 'graphql-client-name': name });
    for (let i = 0; i < 2; i++) expect((await as('none')).state).toBe('BYPASS');
    expect((await as('half')).control).toContain('max-age=30');
    expect((await as('all')).control).toContain('max-age=60');
    expect((await as('half')).state).toBe('HIT');
  });
});

test('without a cache nothing is said of it', async () => {
  await using shop = await startKeptShop({ cache: undefined });
  const { state, response } = await send(shop, QUERY);
  expect([state, response.headers.get('etag')]).toEqual([null, null]);
});
