import { expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import type { ExplainedCaching } from '../../../src/gateway/explained-caching.ts';
import { sendJson } from '../../support/fake-subgraph.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

const QUERY = '{ products { id name } }';

const start = (config: GatewayConfigInput = {}) =>
  startKeptShop({
    personas: {
      curious: { match: { default: true }, explain: true },
      never: { match: { clients: [{ name: 'never' }] }, explain: true, cache: { disabled: true } },
    },
    ...config,
  });

async function explained(shop: KeptShop, query = QUERY, headers: Record<string, string> = {}) {
  const { extensions } = await shop.ask(query, {}, { 'x-weir-explain': '1', ...headers });
  return (extensions?.['explain'] as { readonly cache: ExplainedCaching | null } | undefined)?.cache;
}

/** The next reply has a header, a status or extensions of its own. */
function replying(shop: KeptShop, headers: Record<string, string>, { status = 200, extensions = {} } = {}) {
  shop.subgraphs.products.respond = (_, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    sendJson(response, { data: { products: [] }, extensions }, status);
  };
}

test('an explanation says how long an answer is kept, which fields decide it, and what forgets it', async () => {
  await using shop = await start();
  const caching = await explained(shop);
  const sixty = {
    maxAgeMs: 60_000,
    scope: 'PUBLIC',
    staleWhileRevalidateMs: 30_000,
    staleIfErrorMs: 600_000,
  };
  expect(caching).toMatchObject({
    kept: sixty,
    because: [],
    declared: sixty,
    decidedBy: [{ coordinate: 'Query.products', maxAgeMs: 60_000, by: 'Query.products' }],
    replies: [{ subgraph: 'products', status: 200, headers: {} }],
    apartBy: {},
  });
  expect(caching?.tags).toEqual(expect.arrayContaining(['type:Product', 'tag:product-1']));
  // It was neither found nor kept.
  const next = await shop.handle(graphqlRequest({ query: QUERY }));
  expect(next.headers.get('x-cache')).toBe('MISS');
});

test.each<[string, string, Record<string, string>]>([
  ['Query.now has maxAge 0, by cache.defaultMaxAge', '{ now }', {}],
  ['it is PRIVATE, and the caller is nobody in particular', '{ mine }', {}],
  ['persona never has cache.disabled', QUERY, { 'graphql-client-name': 'never' }],
  ['it is no query', 'mutation { rename(id: "1", name: "n") { id } }', {}],
  ['it has no field of which it is known how long it may be kept', '{ __typename }', {}],
])('before anything is asked: %s', async (reason, query, headers) => {
  await using shop = await start();
  expect(await explained(shop, query, headers)).toMatchObject({ kept: null, because: [reason], tags: [] });
});

test('what a reply says is told with its subgraph', async () => {
  await using shop = await start();
  replying(shop, { 'cache-control': 'no-store' });
  expect(await explained(shop)).toMatchObject({
    kept: null,
    because: ['products said cache-control: no-store'],
    declared: { maxAgeMs: 60_000 },
    replies: [{ subgraph: 'products', headers: { 'cache-control': 'no-store' } }],
  });
  replying(shop, { 'cache-control': 'max-age=10', age: '4' });
  expect(await explained(shop)).toMatchObject({ kept: { maxAgeMs: 6_000 }, because: [] });
  replying(shop, { vary: '*' });
  expect((await explained(shop))?.because).toEqual(['products said vary: *']);
  replying(shop, { 'cache-control': 'private' });
  expect((await explained(shop))?.because).toEqual([
    'a reply made it private: it is PRIVATE, and the caller is nobody in particular',
  ]);
  replying(shop, {}, { status: 201 });
  expect(await explained(shop)).toMatchObject({
    because: ['products answered with status 201'],
    replies: [{ status: 201, headers: {} }],
  });
  replying(shop, {}, { extensions: { apolloCacheTags: 'home' } });
  expect((await explained(shop))?.because).toEqual(['a reply has tags that cannot be read']);
  replying(shop, {}, { status: 503 });
  expect((await explained(shop))?.because).toEqual(['it has errors']);
});

test('so is what is too large, and that whole answers are not kept at all', async () => {
  const cache = { jitter: 0, entities: { enabled: false } } as const;
  await using small = await start({ cache: { ...cache, maxEntry: '20B' } });
  expect((await explained(small))?.because).toEqual(['it is larger than cache.maxEntry']);
  await using none = await start({ cache: { ...cache, responses: { enabled: false } } });
  expect((await explained(none))?.because).toEqual(['cache.responses.enabled is false']);
  await using off = await start({ cache: undefined });
  expect(await explained(off)).toBeNull();
});

test.each([
  ['0s', null, ['a part of it is stale, or says that there is no such entity']],
  ['5s', { maxAgeMs: 5_000 }, []],
] as const)('so is that there is nothing, where that is believed for %s', async (negative, kept, because) => {
  await using shop = await start({ cache: { jitter: 0, negative, entities: { enabled: true } } });
  shop.subgraphs.products.respond = (_, response) => sendJson(response, { data: { cheapest: null } });
  const query = '{ cheapest { id } }';
  const caching = await explained(shop, query);
  expect(caching?.because).toEqual(because);
  if (kept !== null) expect(caching?.kept).toMatchObject(kept);
  const states: unknown[] = [];
  for (let time = 0; time < 2; time++)
    states.push((await shop.handle(graphqlRequest({ query }))).headers.get('x-cache'));
  expect(states).toEqual(['MISS', kept === null ? 'MISS' : 'HIT']);
});

test('subgraphs that are told who asks are named, with what they are told', async () => {
  await using shop = await start({
    execution: {
      subgraphs: {
        all: { identity: true, headers: { request: [{ propagate: { name: 'accept-language' } }] } },
      },
    },
  });
  const { apartBy } = (await explained(shop, QUERY, { 'accept-language': 'de' })) ?? {};
  expect(apartBy).toEqual({ products: ['x-persona', 'accept-language'] });
});

test('limits that take fields out keep an answer from being kept', async () => {
  await using shop = await start({
    policy: {
      rateLimit: {
        limits: {
          few: {
            limit: 1,
            window: '1m',
            onExceeded: 'prune',
            for: { coordinates: ['Query.cheapest'] },
          },
        },
      },
    },
  });
  const query = '{ products { id } cheapest { id } }';
  expect((await explained(shop, query))?.because).toEqual([]);
  expect((await explained(shop, query))?.because).toContain('rate limits took fields out');
});

test('answers are counted by where they came from', async () => {
  await using shop = await start();
  for (const query of [QUERY, QUERY, QUERY, '{ now }']) await shop.ask(query);
  shop.clock.at += 70_000;
  await shop.ask(QUERY);
  const text = await shop.metrics.registry.metrics();
  const count = (outcome: string) =>
    new RegExp(`^weir_cache_answers_total\\{persona="curious",outcome="${outcome}"\\} (\\d+)$`, 'm').exec(
      text,
    )?.[1];
  expect(['miss', 'hit', 'bypass', 'stale'].map(count)).toEqual(['1', '2', '1', '1']);
});

test('whatever is asked and replied, an explanation says what then happens', async () => {
  await using shop = await start();
  const replies: readonly [Record<string, string>, { status?: number; extensions?: object }?][] = [
    [{}],
    [{ 'cache-control': 'max-age=0' }],
    [{ 'cache-control': 'public, s-maxage=5, private' }],
    [{ 'cache-control': 'max-age=x' }],
    [{ age: '59' }],
    [{ age: '60' }],
    [{ vary: 'accept' }],
    [{}, { status: 206 }],
    [{}, { status: 500 }],
    [{}, { extensions: { apolloCacheTags: [1] } }],
    [{}, { extensions: { apolloCacheTags: ['home'] } }],
  ];
  const kept: boolean[] = [];
  for (const [index, [headers, other]] of replies.entries()) {
    replying(shop, headers, other);
    const query = `query Q${index} { products { id } }`;
    const caching = await explained(shop, query);
    kept.push(caching?.kept != null);
    const states: unknown[] = [];
    for (let time = 0; time < 2; time++)
      states.push((await shop.handle(graphqlRequest({ query }))).headers.get('x-cache'));
    expect([index, states]).toEqual([index, ['MISS', kept[index] ? 'HIT' : 'MISS']]);
    expect(caching?.because).toHaveLength(kept[index] ? 0 : 1);
  }
  expect(kept.filter(Boolean)).toHaveLength(4);
});
