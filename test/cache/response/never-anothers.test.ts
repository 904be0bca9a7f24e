import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { sendJson } from '../../support/fake-subgraph.ts';
import { type RunningIssuer, startIssuer } from '../../support/jwks-server.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

interface Asked {
  readonly state: string | null;
  readonly data: Readonly<Record<string, unknown>> | null;
}

async function ask(shop: KeptShop, body: object, headers: Record<string, string> = {}): Promise<Asked> {
  const response = await shop.handle(graphqlRequest(body, headers));
  const { data } = (await response.json()) as { data: Asked['data'] };
  return { state: response.headers.get('x-cache'), data };
}

interface Secured extends AsyncDisposable {
  readonly shop: KeptShop;
  as(subject: string, claims?: object): Record<string, string>;
}

/** With identity; subgraphs are told who asks where `execution` says so. */
async function startSecured(config: GatewayConfigInput = {}): Promise<Secured> {
  const issuer: RunningIssuer = await startIssuer();
  const shop = await startKeptShop({ identity: { jwt: { providers: [issuer.provider] } }, ...config });
  return {
    shop,
    as: (sub, claims = {}) => ({ authorization: `Bearer ${issuer.token({ sub, ...claims })}` }),
    async [Symbol.asyncDispose]() {
      await shop[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

describe('what is kept for one caller', () => {
  test('is no other’s, and nobody’s who says nothing of himself', async () => {
    await using secured = await startSecured();
    const { shop, as } = secured;
    const query = '{ mine }';
    expect((await ask(shop, { query }, as('a'))).state).toBe('MISS');
    expect((await ask(shop, { query }, as('a'))).state).toBe('HIT');
    expect((await ask(shop, { query }, as('b'))).state).toBe('MISS');
    for (let i = 0; i < 2; i++) expect((await ask(shop, { query })).state).toBe('BYPASS');
    // As before, whatever token it came with.
    expect((await ask(shop, { query }, as('a', { scope: 'x' }))).state).toBe('HIT');
  });

  test.each([true, false])('may be said by a reply, with parts that are kept: %s', async enabled => {
    await using secured = await startSecured({ cache: { jitter: 0, entities: { enabled } } });
    const { shop, as } = secured;
    const query = '{ products { id name } }';
    const say = (value: string): void => {
      shop.subgraphs.products.respond = (_seen, response) => {
        response.setHeader('cache-control', value);
        sendJson(response, { data: { products: [{ __typename: 'Product', id: value, name: 'x' }] } });
      };
    };
    const states = async (...callers: Record<string, string>[]) => {
      const all: unknown[] = [];
      for (const caller of callers) all.push((await ask(shop, { query }, caller)).state);
      return all;
    };
    say('private, max-age=50');
    expect(await states(as('a'), as('a'), as('b'), as('b'), {}, {})).toEqual([
      ...['MISS', 'HIT', 'MISS', 'HIT', 'MISS', 'MISS'],
    ]);
    const { headers } = await shop.handle(graphqlRequest({ query }, as('a')));
    expect(headers.get('cache-control')).toMatch(/^private, max-age=50/);
    expect(shop.requestCount()).toBe(4);
    // Nor is what is made of it.
    const other = 'query Other { products { name id } }';
    for (const [caller, state] of [
      [as('a'), 'MISS'],
      [as('e'), 'MISS'],
      [as('a'), 'HIT'],
    ] as const)
      expect((await ask(shop, { query: other }, caller)).state).toBe(state);
    shop.subgraphs.products.requests.length = 0;
    // What is everybody's goes to whoever has nothing of his own.
    say('public, max-age=40');
    expect(await states(as('c'), as('d'), {}, as('a'))).toEqual(['MISS', 'HIT', 'HIT', 'HIT']);
    const { data } = await ask(shop, { query }, as('a'));
    expect(data).toMatchObject({ products: [{ id: 'private, max-age=50' }] });
    expect(shop.requestCount()).toBe(1);
  });

  test('is kept apart by all that its subgraph is told of the caller, public or not', async () => {
    await using secured = await startSecured({ execution: { replay: '0B' } });
    const { shop, as } = secured;
    const query = '{ products { id } }';
    expect((await ask(shop, { query }, as('a', { roles: ['x'] }))).state).toBe('MISS');
    for (const other of [as('b'), as('a', { roles: ['y'] }), {}])
      expect((await ask(shop, { query }, other)).state).toBe('MISS');
    expect((await ask(shop, { query }, as('a', { roles: ['x'] }))).state).toBe('HIT');
    expect((await ask(shop, { query })).state).toBe('HIT');
  });

  test('is kept apart by each header that its subgraph gets, and by no other', async () => {
    await using shop = await startKeptShop({
      execution: {
        replay: '0B',
        subgraphs: {
          all: { identity: false, headers: { request: [{ propagate: { name: 'accept-language' } }] } },
        },
      },
    });
    const query = '{ products { id } }';
    const states: (string | null)[] = [];
    for (const headers of [
      { 'accept-language': 'de' },
      { 'accept-language': 'fr' },
      {},
      { 'accept-language': 'de', 'x-other': '1', 'user-agent': 'x' },
      { 'Accept-Language': 'de' },
    ])
      states.push((await ask(shop, { query }, headers as Record<string, string>)).state);
    expect(states).toEqual(['MISS', 'MISS', 'MISS', 'HIT', 'HIT']);
  });
});

test('who may not see a field never gets it from a cache, nor spoils it for those who may', async () => {
  await using secured = await startSecured();
  const { shop, as } = secured;
  const query = '{ products { id } secret }';
  for (let round = 0; round < 2; round++) {
    expect((await ask(shop, { query }, as('a'))).data?.['secret']).toBe('first');
    expect((await ask(shop, { query })).data?.['secret']).toBeNull();
  }
});

describe('two requests are one to the cache exactly if they ask the same', () => {
  const document = 'query A($n: Int = 2, $l: String) { products(first: $n) { id name(language: $l) } }';
  const base = { query: document, variables: { n: 2, l: 'en' }, operationName: 'A' };

  test.each([
    ['variables in another order', { ...base, variables: { l: 'en', n: 2 } }],
    ['a variable left to its default', { ...base, variables: { l: 'en' } }],
    ['a variable that nothing reads', { ...base, variables: { ...base.variables, x: { y: 1 } } }],
    ['no name, where there is one operation', { query: document, variables: base.variables }],
  ])('with %s they are', async (_, other) => {
    await using shop = await startKeptShop();
    await ask(shop, base);
    expect((await ask(shop, other)).state).toBe('HIT');
  });

  const several = 'query A { products { id } } query B { cheapest { id } }';
  test.each([
    ['variables of other values', base, { ...base, variables: { n: 1, l: 'en' } }],
    [
      'long variables that end otherwise',
      { ...base, variables: { l: `${'x'.repeat(3_000)}a` } },
      { ...base, variables: { l: `${'x'.repeat(3_000)}b` } },
    ],
    ['null instead of nothing', { ...base, variables: { n: 2 } }, { ...base, variables: { n: 2, l: null } }],
    [
      'texts that differ in their form only',
      { ...base, variables: { l: 'é' } },
      { ...base, variables: { l: 'e\u0301' } },
    ],
    [
      'a text that looks like the next variable',
      { ...base, variables: { l: '","n":3,"x":"' } },
      { ...base, variables: { n: 3, l: '' } },
    ],
    ['another alias', { query: '{ a: products { id } }' }, { query: '{ b: products { id } }' }],
    [
      'another operation of the document',
      { query: several, operationName: 'A' },
      { query: several, operationName: 'B' },
    ],
    ['another order of fields', { query: '{ products { id name } }' }, { query: '{ products { name id } }' }],
  ])('with %s they are not', async (_, one, other) => {
    await using shop = await startKeptShop();
    const first = await ask(shop, one);
    const second = await ask(shop, other);
    expect([first.state, second.state]).toEqual(['MISS', 'MISS']);
    expect((await ask(shop, one)).data).toEqual(first.data);
    expect((await ask(shop, other)).data).toEqual(second.data);
  });

  test('personas and contracts keep their own', async () => {
    await using shop = await startKeptShop({
      personas: {
        mobile: { match: { clients: [{ name: 'mobile' }] }, response: { omitNulls: true } },
        web: { match: { default: true } },
      },
    });
    const query = '{ products { id name(language: null) } }';
    await ask(shop, { query });
    expect((await ask(shop, { query }, { 'graphql-client-name': 'mobile' })).state).toBe('MISS');
  });
});
