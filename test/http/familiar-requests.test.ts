import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { handClock } from '../support/test-identity.ts';

const TYPES = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated"])
  type Query {
    motto: String
    echo(text: String!, times: Int = 1): String
    broken: String
    needed: String!
    secret: String @authenticated
  }
  type Mutation { add(by: Int!): Int }
  type Subscription { tick: Int }`;

const CONFIG: GatewayConfigInput = {
  operation: { introspection: true },
  personas: { default: { audit: true, cost: { show: true }, documents: { apq: false } } },
  policy: {
    cost: { mode: 'enforce', max: 20 },
    rateLimit: { limits: { mutations: { limit: 2, window: '1m', for: { operations: ['Add'] } } } },
  },
};

async function start(plugins: 'a plugin' | 'none'): Promise<TestGateway<'shop'>> {
  let sum = 0;
  return startGateway({
    clock: handClock(),
    config: CONFIG,
    // Where somebody wants to see every request pass, each goes the whole way.
    ...(plugins === 'none' ? {} : { plugins: [{}] }),
    subgraphs: {
      shop: {
        typeDefs: TYPES,
        resolvers: {
          Query: {
            motto: () => 'cheap',
            echo: (_: unknown, { text, times }: { text: string; times: number }) => text.repeat(times),
            broken: () => {
              throw new Error('out of order');
            },
            needed: () => null,
            secret: () => 'kept',
          },
          Mutation: { add: (_: unknown, { by }: { by: number }) => (sum += by) },
        },
      },
    },
  });
}

type Fields = Readonly<Record<string, unknown>>;

const post = (body: Fields, headers: Readonly<Record<string, string>> = {}) =>
  new Request('http://gateway/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

const get = (query: Readonly<Record<string, string>>) =>
  new Request(`http://gateway/graphql?${new URLSearchParams(query)}`, {
    headers: { 'apollo-require-preflight': '1' },
  });

const ECHO = 'query Echo($text: String!, $times: Int) { echo(text: $text, times: $times) }';

/** Each is asked several times over. */
const REQUESTS: Readonly<Record<string, (time: number) => Request>> = {
  'an answer': () => post({ query: '{ motto }' }),
  'the newer media type': () => post({ query: '{ motto }' }, { accept: 'application/graphql-response+json' }),
  'a GET': () => get({ query: '{ motto }' }),
  variables: () => post({ query: ECHO, variables: { text: 'a', times: 3 } }),
  'other variables': () => post({ query: ECHO, variables: { text: 'b' } }),
  'variables that do not fit': () => post({ query: ECHO, variables: { text: 1 } }),
  'a field that fails': () => post({ query: '{ motto broken }' }),
  'no data at all': () => post({ query: '{ motto needed }' }),
  'a field that is denied': () => post({ query: '{ motto secret }' }),
  'too dear': () => post({ query: `{ ${Array.from({ length: 30 }, (_, i) => `a${i}: motto`).join(' ')} }` }),
  'variables that change': time => post({ query: ECHO, variables: { text: `text ${time}` } }),
  'variables that fit no more': time => post({ query: ECHO, variables: { text: time < 2 ? 'a' : 1 } }),
  'variables that come as text': time =>
    post({ query: ECHO, variables: time === 0 ? { text: 'a' } : '{"text":"a"}' }),
  'variables that fail': time => post({ query: ECHO, variables: { text: 'a', times: 2 - time } }),
  'another name for each': time =>
    post({
      query: 'query A { motto } query B { broken } subscription C { tick }',
      operationName: 'ABCD'[time],
    }),
  'extensions of clients': time =>
    post({ query: ECHO, variables: { text: String(time) }, extensions: { clientLibrary: { name: 'x' } } }),
  'extensions that ask for more': time => {
    const extensions = time === 0 ? {} : { persistedQuery: { version: time } };
    return post({ query: ECHO, variables: { text: String(time) }, extensions });
  },
  'no extensions at all': time =>
    post({ query: ECHO, variables: { text: String(time) }, extensions: time === 3 ? 'none' : null }),
  'more than there should be': time => post({ query: ECHO, variables: { text: String(time) }, time }),
  introspection: () => post({ query: '{ __schema { queryType { name } } }' }),
  'a mutation, refused the third time': () => post({ query: 'mutation Add { add(by: 2) }' }),
  'a mutation by GET': () => get({ query: 'mutation Add { add(by: 2) }' }),
  'one of two operations': () => post({ query: 'query A { motto } query B { broken }', operationName: 'B' }),
  'no operation of that name': () => post({ query: 'query A { motto }', operationName: 'B' }),
  'no JSON that is accepted': () => post({ query: '{ motto }' }, { accept: 'text/html' }),
  'what is no document': () => post({ query: '{ motto' }),
  'what is not valid': () => post({ query: '{ mottos }' }),
};

const OF_THE_REQUEST = ['x-request-id', 'x-trace-id', 'date'];

async function told(response: Response): Promise<unknown> {
  const headers = [...response.headers].filter(([name]) => !OF_THE_REQUEST.includes(name));
  return { status: response.status, headers, body: await response.text() };
}

describe('what is said of a request does not depend on its having come before', () => {
  test.each(Object.entries(REQUESTS))('%s', async (_, request) => {
    await using familiar = await start('none');
    await using unfamiliar = await start('a plugin');
    for (let time = 0; time < 4; time++) {
      expect(await told(await familiar.handle(request(time)))).toEqual(
        await told(await unfamiliar.handle(request(time))),
      );
    }
    expect(familiar.requestCount()).toBe(unfamiliar.requestCount());
    const errors = ({ log }: TestGateway<'shop'>) => log.filter(({ level }) => level === 'error');
    expect(errors(familiar).map(({ message }) => message)).toEqual(
      errors(unfamiliar).map(({ message }) => message),
    );
    expect(auditOf(familiar)).toEqual(auditOf(unfamiliar));
    expect(await countsOf(familiar)).toEqual(await countsOf(unfamiliar));
  });
});

/** What the log says of who asked what, without how long it took. */
function auditOf({ log }: TestGateway<'shop'>): readonly unknown[] {
  return log.flatMap(({ fields }) =>
    'audit' in fields ? [{ ...(fields.audit as object), durationMs: 0 }] : [],
  );
}

/** What is counted of operations, whichever way they go. */
async function countsOf({ metrics }: TestGateway<'shop'>): Promise<readonly string[]> {
  const counted =
    /^(graphql_server_operations|http_server_request_duration_seconds_count|weir_rate_limited|weir_operation_cost_points)/;
  return (await metrics.registry.metrics()).split('\n').filter(line => counted.test(line));
}
