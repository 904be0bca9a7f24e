import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGate } from '../../support/gate.ts';
import { type RunningIssuer, startIssuer } from '../../support/jwks-server.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

let issuer: RunningIssuer;
let gateway: TestGateway<'books'>;
let port: number;

beforeAll(async () => {
  issuer = await startIssuer();
  gateway = await startGateway({
    subgraphs: {
      books: { typeDefs: 'type Query { book: String }', resolvers: { Query: { book: () => 'b' } } },
    },
    config: {
      identity: { jwt: { providers: [issuer.provider] } },
      personas: { web: { match: { default: true } } },
      execution: {
        subgraphs: {
          all: {
            headers: {
              request: [
                { propagate: { pattern: '^x.' } },
                { propagate: { name: 'accept-language', as: 'x-locale', default: 'en' } },
                { insert: { name: 'x-org', claim: 'org.id' } },
                { insert: { name: 'x-audience', from: 'persona' } },
              ],
            },
          },
          books: {
            headers: {
              request: [
                { propagate: { name: 'authorization' } },
                { remove: { pattern: '^x-secret-' } },
                { insert: { name: 'x-key', value: 'k' } },
              ],
            },
          },
        },
      },
    },
  });
  await gateway.gateway.app.listen({ host: '127.0.0.1', port: 0 });
  port = (gateway.gateway.app.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

/** Asks over a socket, with any headers at all, and gives those that the subgraph got. */
async function seen(headers: Readonly<Record<string, string>>): Promise<IncomingHttpHeaders> {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const options = { port, path: '/graphql', method: 'POST', agent: false };
    const sent = httpRequest(
      { ...options, headers: { 'content-type': 'application/json', ...headers } },
      response => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      },
    );
    sent.on('error', reject);
    sent.end('{"query":"{ book }"}');
  });
  expect(status).toBe(200);
  return gateway.subgraphs.books.requests.at(-1)?.headers ?? {};
}

const bearer = (claims: Readonly<Record<string, unknown>> = {}): string => `Bearer ${issuer.token(claims)}`;

test('a subgraph gets what the rules of all and its own say', async () => {
  const authorization = bearer({ sub: 'ada', org: { id: 'o-1' } });
  const got = await seen({
    authorization,
    'accept-language': 'de',
    'x-team': '1',
    'x-secret-a': '2',
    'y-a': '3',
  });
  expect(got).toMatchObject({
    authorization,
    'x-locale': 'de',
    'x-team': '1',
    'x-org': 'o-1',
    'x-audience': 'web',
    'x-key': 'k',
    'x-user-id': 'ada',
  });
  for (const name of ['accept-language', 'x-secret-a', 'y-a']) expect(got).not.toHaveProperty(name);
});

describe('a client cannot say who it is', () => {
  test.each([
    'x-user-id',
    'x_user_id',
    'X-User_Id',
    'x-persona',
    'x_tenant_id',
    'x-org',
    'x_org',
    'x-key',
    'x_key',
  ])('by %s', async name => {
    const got = await seen({ [name]: 'forged' });
    expect(Object.values(got)).not.toContain('forged');
  });

  test('by line breaks in a claim', async () => {
    const got = await seen({
      authorization: bearer({ org: { id: 'o\r\nx-user-id: admin\r\n' }, sub: 'eve' }),
    });
    expect(got).toMatchObject({ 'x-org': 'o%0D%0Ax-user-id:%20admin%0D%0A', 'x-user-id': 'eve' });
  });

  test('by an address that it says it comes from, unless a rule names it', async () => {
    const got = await seen({ 'x-forwarded-for': '10.0.0.1', 'x-real-ip': '10.0.0.1', 'x-api_key': 'k' });
    for (const name of ['x-forwarded-for', 'x-real-ip', 'x-api_key']) expect(got).not.toHaveProperty(name);
  });
});

test('what belongs to the client’s connection stays there', async () => {
  const got = await seen({
    connection: 'close, X-Team, accept-language, x-org, x-user-id',
    'x-team': '1',
    'x-other': '2',
    'accept-language': 'de',
    authorization: bearer({ sub: 'ada', org: { id: 'o-1' } }),
  });
  expect(got).toMatchObject({ 'x-other': '2', 'x-locale': 'en', 'x-org': 'o-1', 'x-user-id': 'ada' });
  expect(got).not.toHaveProperty('x-team');
  expect(got.connection).not.toMatch(/x-/i);
});

test('callers of whom different things are told share nothing', async () => {
  const { books } = gateway.subgraphs;
  const { opened: gate, open } = createGate();
  books.respond = async ({ headers }, response) => {
    await gate;
    response.end(JSON.stringify({ data: { book: `${headers['x-org']} ${headers['x-team']}` } }));
  };
  const before = gateway.requestCount();
  const callers = [
    ['o-1', '1'],
    ['o-1', '2'],
    ['o-2', '1'],
    ['o-2', '2'],
  ] as const;
  // One token each, as the rule passes it on.
  const tokens = { 'o-1': bearer({ org: { id: 'o-1' } }), 'o-2': bearer({ org: { id: 'o-2' } }) };
  const asked = [...callers, ...callers].map(([org, team]) =>
    gateway.ask('{ book }', {}, { authorization: tokens[org], 'x-team': team }),
  );
  for (let count = 0; count < 3; count++) await gateway.ask('{ __typename }');
  open();
  const books8 = (await Promise.all(asked)).map(({ data }) => data?.['book']);
  books.respond = undefined;
  expect(books8).toEqual([...callers, ...callers].map(([org, team]) => `${org} ${team}`));
  expect(gateway.requestCount() - before).toBe(4);
});
