import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { sha256 } from '../../src/shared/hash.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { handClock } from '../support/test-identity.ts';
import { type Sent, startTwins, type Twins } from './twins.ts';

const TYPES = `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag"])
  scalar Any
  type Query { motto: String hidden: String @tag(name: "internal") echo(text: String, any: Any, number: Float): String }
  type Mutation { add(by: Int!): Int }`;

const client = (name: string) => ({ match: { clients: [{ name }] } });

const CONFIG: GatewayConfigInput = {
  operation: { introspection: true },
  server: { batching: { maxOperations: 3 } },
  personas: {
    web: { match: { default: true }, audit: true, documents: { apq: true } },
    plain: {
      ...client('plain'),
      documents: { apq: false },
      contract: { excludeTags: ['internal'] },
      introspection: false,
    },
    logs: { ...client('logs'), documents: { mode: 'log-unknown', manifests: ['m.json'] } },
    safe: { ...client('safe'), documents: { mode: 'safelist', manifests: ['m.json'] } },
  },
};

let folder: TemporaryFolder;
let twins: Twins;
beforeAll(async () => {
  folder = await temporaryFolder({ 'm.json': JSON.stringify({ motto: '{ motto }' }) });
});
afterAll(() => folder[Symbol.asyncDispose]());

async function start(config = CONFIG) {
  return startTwins({
    clock: handClock(),
    config,
    folder: folder.path,
    subgraph: () => ({
      typeDefs: TYPES,
      resolvers: {
        Query: {
          motto: () => 'cheap',
          hidden: () => 'dear',
          echo: (_: unknown, args: object) => JSON.stringify(args),
        },
        Mutation: { add: (_: unknown, { by }: { by: number }) => by },
      },
    }),
  });
}

const post = (payload: string, headers = {}): Sent => ({
  method: 'POST',
  url: '/graphql',
  headers: { 'content-type': 'application/json', 'x-request-id': 'r', ...headers },
  payload,
});
const get = (search: string, headers = {}): Sent => ({
  method: 'GET',
  url: `/graphql${search}`,
  headers: { 'apollo-require-preflight': '1', 'x-request-id': 'r', ...headers },
});
const MOTTO = '{"query":"{ motto }"}';
const SEARCH = '?query=%7Bmotto%7D';
const APQ = JSON.stringify({
  extensions: { persistedQuery: { version: 1, sha256Hash: sha256('{ motto }') } },
});
const as = (name: string) => ({ 'graphql-client-name': name });

const CASES: Readonly<Record<string, readonly Sent[]>> = {
  'a POST of what was sent by GET': [get(SEARCH), get(SEARCH), post(SEARCH), post(SEARCH)],
  'a GET with the type of a body': [
    get(SEARCH),
    get(SEARCH, { 'content-type': 'text/plain' }),
    get(SEARCH, { 'content-type': 'application/json' }),
    get(SEARCH, { 'content-type': 'nonsense' }),
  ],
  'a POST of another type': [
    post(MOTTO),
    post(MOTTO, { 'content-type': 'text/plain' }),
    post(MOTTO, { 'content-type': 'application/json; charset=latin1' }),
    post(MOTTO, { 'content-type': 'application/json; charset=utf-8' }),
    post(MOTTO, { 'content-type': 'application/graphql' }),
  ],
  'an encoding': [
    post(MOTTO),
    post(MOTTO, { 'content-encoding': 'gzip' }),
    post(MOTTO, { 'content-encoding': 'x' }),
    post(MOTTO, { 'content-encoding': 'identity' }),
  ],
  accept: [
    post(MOTTO),
    ...[
      'text/html',
      '*/*',
      'multipart/mixed',
      'application/graphql-response+json',
      'application/json;q=0',
      'application/json;q=0, */*',
      '',
    ].map(accept => post(MOTTO, { accept })),
  ],
  'without a preflight': [
    get(SEARCH),
    get(SEARCH, { 'apollo-require-preflight': '1', origin: 'http://a' }),
    {
      ...get(SEARCH),
      headers: { 'x-request-id': 'r', origin: 'http://evil', 'sec-fetch-site': 'cross-site' },
    },
  ],
  personas: ['web', 'plain', 'logs', 'safe', 'plain'].flatMap(name => [
    post(MOTTO, as(name)),
    post('{"query":"{ hidden }"}', as(name)),
    post('{"query":"{__typename __schema{queryType{name}}}"}', as(name)),
  ]),
  'another method': [
    post(MOTTO),
    get(SEARCH),
    { ...get(SEARCH), method: 'HEAD' },
    { ...post(MOTTO), method: 'PUT' },
    { ...get(SEARCH), method: 'OPTIONS' },
  ],
  'another path': [
    post(MOTTO),
    { ...post(MOTTO), url: '/graphql/motto' },
    { ...post(MOTTO), url: '/graphql/' },
    { ...post(MOTTO), url: '/graphql?query={hidden}' },
    { ...post(MOTTO, as('safe')), url: '/graphql/motto' },
    { ...post(MOTTO, as('safe')), url: '/graphql/other' },
    { ...get(SEARCH), url: `/graphql/motto${SEARCH}` },
    { ...get(SEARCH), url: `/graphql/x${SEARCH}` },
  ],
  'persisted queries': [
    post(APQ),
    post(JSON.stringify({ query: '{ motto }', ...JSON.parse(APQ) })),
    post(APQ),
    post(APQ),
    post(APQ, as('plain')),
    post(APQ, as('logs')),
    post(APQ, as('safe')),
  ],
  batches: [
    post(`[${MOTTO}]`),
    post(MOTTO),
    post(`[${MOTTO},${MOTTO}]`),
    post(`[${MOTTO}]`),
    post(`[]`),
    post(`[${MOTTO}]`, as('plain')),
  ],
  'names that are objects have': [
    post(
      '{"query":"query A($text: String) { echo(text: $text) }","variables":{"__proto__":{"text":"a"},"constructor":1}}',
    ),
    post(
      '{"query":"query A($text: String) { echo(text: $text) }","variables":{"__proto__":{"text":"a"},"text":"b"}}',
    ),
    post('{"__proto__":{"query":"{ hidden }"},"query":"{ motto }"}'),
    post('{"__proto__":{"query":"{ hidden }"}}'),
    post('{"query":"{ motto }","query":"{ hidden }"}'),
    post(
      '{"query":"{ motto }","extensions":{"__proto__":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}}',
    ),
  ],
  numbers: ['1', '1.0', '-0', '0', '1e3', '1e400', '12345678901234567890', '"1"', 'true', 'null', '[1]'].map(
    n =>
      post(
        `{"query":"query A($any: Any, $number: Float) { echo(any: $any, number: $number) }","variables":{"any":${n},"number":${n}}}`,
      ),
  ),
  texts: ['\\ud800', '\\ud801', '\\ufffd', '\\u0061', 'a', '\\u0000', '\\"', '😀', '\\ud83d\\ude00'].flatMap(
    t => [
      post(`{"query":"query A($text: String) { echo(text: $text) }","variables":{"text":"${t}"}}`),
      post(`{"query":"{ echo(text: \\"${t}\\") }"}`),
      post(`{"query":"{ motto } # ${t}"}`),
    ],
  ),
  mutations: [
    post('{"query":"mutation { add(by: 1) }"}'),
    get('?query=mutation{add(by:1)}'),
    post('{"query":"mutation { add(by: 1) }"}'),
    post('?query=mutation{add(by:1)}'),
  ],
  names: ['"A"', '"B"', '"C"', '""', 'null', '1', '{}'].map(name =>
    post(`{"query":"query A { motto } query B { hidden }","operationName":${name}}`),
  ),
  extensions: ['{}', '[]', 'null', '"x"', '1', '{"persistedQuery":null}', '{"persistedQuery":{}}'].map(e =>
    post(`{"query":"{ motto }","extensions":${e}}`),
  ),
  'extensions of plain ones': [
    '{}',
    '[]',
    'null',
    '"x"',
    '1',
    '{"persistedQuery":null}',
    '{"persistedQuery":{}}',
  ].map(e => post(`{"query":"{ motto }","extensions":${e}}`, as('plain'))),
  variables: ['{}', '[]', 'null', '"{}"', '1', 'false'].map(e =>
    post(`{"query":"{ motto }","variables":${e}}`, as('plain')),
  ),
  'bytes that are no text': [
    post(MOTTO),
    { ...post(''), payload: Buffer.from([0xff, 0xfe]) },
    { ...post(''), payload: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(MOTTO)]) },
    {
      ...post(''),
      payload: Buffer.concat([Buffer.from('{"query":"{ motto } # '), Buffer.from([0xff]), Buffer.from('"}')]),
    },
    {
      ...post(''),
      payload: Buffer.concat([Buffer.from('{"query":"{ motto } # '), Buffer.from([0xfe]), Buffer.from('"}')]),
    },
  ],
};

describe('the same text means something else with', () => {
  beforeEach(async () => {
    twins = await start();
    return async () => {
      await twins[Symbol.asyncDispose]();
    };
  });
  test.each(Object.entries(CASES))('%s', async (_, requests) => {
    for (let time = 0; time < 3; time++) {
      for (const request of requests) {
        const [familiar, usual] = await twins.ask(request);
        expect(familiar, JSON.stringify(request)).toEqual(usual);
      }
    }
    const [familiar, usual] = twins.pair;
    expect(familiar.log).toEqual(usual.log);
    expect(familiar.subgraph.requests.length).toBe(usual.subgraph.requests.length);
    expect(await familiar.counts()).toEqual(await usual.counts());
  });
});
