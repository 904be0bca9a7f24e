import { expect, test } from 'vitest';
import { startIssuer } from '../../support/jwks-server.ts';
import { graphqlRequest, startGateway } from '../../support/start-gateway.ts';
import { startKeptShop } from './kept-shop.ts';

test('a credential that does not count gets nothing, though the answer is kept for everybody', async () => {
  const issuer = await startIssuer();
  await using shop = await startKeptShop({ identity: { jwt: { providers: [issuer.provider] } } });
  const query = '{ products { id } }';
  const ask = async (token: string) => {
    const response = await shop.handle(graphqlRequest({ query }, { authorization: `Bearer ${token}` }));
    return [response.status, response.headers.get('x-cache')];
  };
  const good = issuer.token({ sub: 'a' });
  // From memory, and then as it was served a moment ago.
  for (const state of ['MISS', 'HIT', 'HIT']) expect(await ask(good)).toEqual([200, state]);
  const over = issuer.token({ sub: 'a', exp: Math.floor(Date.now() / 1_000) - 3_600 });
  for (const token of [over, `${good}x`, 'junk']) expect(await ask(token)).toEqual([401, null]);
  await issuer[Symbol.asyncDispose]();
});

test('what one contract hides is in no answer to it, though another has been given one to the same text', async () => {
  const match = (name: string) => ({ clients: [{ name }] });
  await using shop = await startGateway({
    config: {
      cache: { jitter: 0, defaultMaxAge: '60s' },
      operation: { introspection: true },
      execution: { subgraphs: { all: { identity: false } }, replay: '0B' },
      personas: {
        partner: { match: match('partner'), contract: { excludeTags: ['internal'] } },
        other: { match: match('other'), contract: { excludeTags: ['hidden'] } },
        staff: { match: { default: true } },
      },
    },
    subgraphs: {
      products: {
        typeDefs: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@tag"])
          type Query { product: Product } type Product { id: ID! margin: Int @tag(name: "internal") note: Int @tag(name: "hidden") }`,
        resolvers: { Query: { product: () => ({ id: '1', margin: 7, note: 8 }) } },
      },
    },
  });
  const ask = async (query: string, client: string) => {
    const response = await shop.handle(graphqlRequest({ query }, { 'graphql-client-name': client }));
    return { state: response.headers.get('x-cache'), text: await response.text() };
  };
  const query = '{ product { id } __type(name: "Product") { fields { name } } }';
  const hidden = { staff: [], partner: ['margin'], other: ['note'] };
  for (let round = 0; round < 2; round++)
    for (const [client, names] of Object.entries(hidden)) {
      const { state, text } = await ask(query, client);
      expect(state).toBe(round === 0 ? 'MISS' : 'HIT');
      for (const name of ['margin', 'note'])
        expect([name, text.includes(name)]).toEqual([name, !(names as string[]).includes(name)]);
    }
  const secret = '{ product { margin } }';
  await ask(secret, 'staff');
  expect((await ask(secret, 'staff')).state).toBe('HIT');
  expect((await ask(secret, 'partner')).text).not.toContain('7');
});

test('names of operations and letters that only look the same are told apart', async () => {
  await using shop = await startKeptShop();
  const state = async (body: object) => (await shop.handle(graphqlRequest(body))).headers.get('x-cache');
  const named = (name: string) => ({ query: `query ${name} { products { id } }`, operationName: name });
  for (const name of ['A', 'a', 'B']) expect(await state(named(name))).toBe('MISS');
  expect(await state(named('A'))).toBe('HIT');
  const language = (l: unknown) => ({
    query: 'query Q($l: String) { products { name(language: $l) } }',
    variables: { l },
  });
  const texts = ['a', '\u0430', 'A', 'a\u0000', 'a\u200b', '\ud83d\ude00', '', ' '];
  for (const text of texts) expect(await state(language(text))).toBe('MISS');
  for (const text of texts) expect(await state(language(text))).toBe('HIT');
});
