import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway<'a'>;

beforeAll(async () => {
  gateway = await startGateway({
    subgraphs: {
      a: {
        typeDefs: 'type Query { echo(text: String): String one: Int } type Mutation { change: Int }',
        resolvers: {
          Query: { echo: (_: unknown, { text }: { text?: string }) => text ?? 'nothing', one: () => 1 },
          Mutation: { change: () => 2 },
        },
      },
    },
  });
});

afterAll(() => gateway[Symbol.asyncDispose]());

const GRAPHQL_TYPE = 'application/graphql-response+json';

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Request =>
  new Request('http://gateway/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });

const get = (parameters: Record<string, string>, headers: Record<string, string> = {}): Request =>
  new Request(`http://gateway/graphql?${new URLSearchParams(parameters)}`, { headers });

async function outcome(request: Request): Promise<readonly unknown[]> {
  const response = await gateway.handle(request);
  const body = (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] };
  return [response.status, body.errors?.[0]?.extensions.code ?? body.data];
}

describe('a query may come', () => {
  test('in the body or in the URL, with variables', async () => {
    const query = 'query($t: String) { echo(text: $t) }';
    expect(await outcome(graphqlRequest({ query, variables: { t: 'a' } }))).toEqual([200, { echo: 'a' }]);
    expect(await outcome(get({ query, variables: '{"t":"b"}' }))).toEqual([200, { echo: 'b' }]);
  });

  test.each(['utf-8', 'UTF-8', '"utf-8"', 'utf8'])('declared as charset %s', async charset => {
    const request = post('{"query":"{ one }"}', { 'content-type': `application/json; charset=${charset}` });
    expect(await outcome(request)).toEqual([200, { one: 1 }]);
  });

  test('in a compressed body', async () => {
    const request = post(gzipSync('{"query":"{ one }"}'), { 'content-encoding': 'gzip' });
    expect(await outcome(request)).toEqual([200, { one: 1 }]);
  });

  test('after a byte order mark, as some clients write it', async () => {
    expect(await outcome(post('\uFEFF{"query":"{ one }"}'))).toEqual([200, { one: 1 }]);
  });

  test('beside others, when it is named', async () => {
    const query = 'query A { one } query B { echo }';
    expect(await outcome(graphqlRequest({ query, operationName: 'B' }))).toEqual([200, { echo: 'nothing' }]);
  });
});

describe('variables and extensions', () => {
  test.each([
    {},
    { variables: null },
    { variables: {} },
    { extensions: null },
    { extensions: {} },
    { operationName: null },
    { unknown: 'member' },
  ])('may be absent or null: %j', async members => {
    expect(await outcome(graphqlRequest({ query: '{ one }', ...members }))).toEqual([200, { one: 1 }]);
  });

  test.each([
    { variables: 'text' },
    { variables: [] },
    { variables: 1 },
    { extensions: [] },
    { extensions: '{}' },
    { operationName: 1 },
    { query: null },
    { query: 1 },
    { query: ['{ one }'] },
    { query: { kind: 'Document' } },
    { query: '' },
    { query: undefined },
  ])('of another type are refused: %j', async members => {
    expect(await outcome(graphqlRequest({ query: '{ one }', ...members }))).toEqual([400, 'BAD_REQUEST']);
  });

  test.each<Record<string, string>>([
    {},
    { query: '' },
    { query: '{ one }', variables: '[]' },
    { query: '{ one }', variables: '"text"' },
    { query: '{ one }', variables: '{' },
    { query: '{ one }', extensions: '1' },
  ])('of another type are refused in a URL: %j', async parameters => {
    expect(await outcome(get(parameters))).toEqual([400, 'BAD_REQUEST']);
  });

  test('given twice in a URL are refused', async () => {
    const request = new Request('http://gateway/graphql?query={one}&query={echo}');
    expect(await outcome(request)).toEqual([400, 'BAD_REQUEST']);
  });
});

describe('a body is refused', () => {
  test.each(['', '{', 'null', '1', '"text"', '{}', '\u0000', '{"query":"{ one }"'])('%j', async body => {
    expect(await outcome(post(body))).toEqual([400, 'BAD_REQUEST']);
  });

  test.each(['utf-16', 'iso-8859-1', '"utf-7"'])('in charset %s', async charset => {
    const request = post('{"query":"{ one }"}', { 'content-type': `application/json; charset=${charset}` });
    expect((await outcome(request))[0]).toBe(415);
  });

  test('in an encoding that is not known', async () => {
    expect((await outcome(post('{}', { 'content-encoding': 'zstd' })))[0]).toBe(415);
  });

  test('when its compression is damaged', async () => {
    expect((await outcome(post('no gzip', { 'content-encoding': 'gzip' })))[0]).toBe(400);
  });

  test('above the limit, also after inflation', async () => {
    const large = JSON.stringify({ query: '{ one }', variables: { x: ' '.repeat(1024 * 1024) } });
    expect((await outcome(post(large)))[0]).toBe(413);
    expect((await outcome(post(gzipSync(large), { 'content-encoding': 'gzip' })))[0]).toBe(413);
  });
});

describe('paths', () => {
  test.each(['POST', 'GET', 'PUT'])(
    'the endpoint with a slash after it is no id of a document: %s',
    async method => {
      const request = new Request('http://gateway/graphql/?query={one}', {
        method,
        ...(method === 'POST'
          ? { body: '{"query":"{ one }"}', headers: { 'content-type': 'application/json' } }
          : {}),
      });
      expect(await outcome(request)).toEqual([404, 'NOT_FOUND']);
    },
  );
});

test('where documents have ids, extensions are no list and a slash after the endpoint is no id', async () => {
  await using other = await startGateway({
    config: { personas: { all: { match: { default: true }, documents: { mode: 'free', apq: true } } } },
    subgraphs: { a: { typeDefs: 'type Query { one: Int }', resolvers: { Query: { one: () => 1 } } } },
  });
  const response = await other.handle(graphqlRequest({ query: '{ one }', extensions: [1] }));
  expect(response.status).toBe(400);
  const slashed = await other.handle(new Request('http://gateway/graphql/?query={one}'));
  expect(slashed.status).toBe(404);
});

describe('methods', () => {
  test('a GET never runs a mutation', async () => {
    const before = gateway.requestCount();
    const response = await gateway.handle(get({ query: 'mutation { change }' }));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(gateway.requestCount()).toBe(before);
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'HEAD', 'PROPFIND'])('%s is not allowed', async method => {
    const response = await gateway.handle(new Request('http://gateway/graphql?query={one}', { method }));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS']);
  });

  test('a body of any type does not hide that the method is not allowed', async () => {
    const request = new Request('http://gateway/graphql', { method: 'PUT', body: 'text' });
    expect((await outcome(request))[0]).toBe(405);
  });

  test('another path is not found', async () => {
    expect(await outcome(new Request('http://gateway/elsewhere'))).toEqual([404, 'NOT_FOUND']);
  });

  test.each([
    ['', 'The request body is empty.'],
    ['{query: 1}', 'The request body is not JSON.'],
  ])('the body %j is told what it should be', async (body, expected) => {
    const headers = { 'content-type': 'application/json' };
    const response = await gateway.handle(
      new Request('http://gateway/graphql', { method: 'POST', headers, body }),
    );
    const { errors } = (await response.json()) as { errors: [{ message: string }] };
    expect([response.status, errors[0].message]).toEqual([400, expect.stringContaining(expected)]);
  });

  test('another path is told where GraphQL is', async () => {
    const response = await gateway.handle(new Request('http://gateway/', { method: 'POST' }));
    const { errors } = (await response.json()) as { errors: [{ message: string }] };
    expect(errors[0].message).toContain('GraphQL is at /graphql.');
  });

  test('a path that cannot be decoded is a bad request in the same form', async () => {
    const response = await gateway.handle(new Request('http://gateway/%ff'));
    expect(response.status).toBe(400);
    expect(response.headers.get('x-request-id')).toBeTruthy();
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });
});

describe('what a client does not accept', () => {
  test('is refused before a mutation runs', async () => {
    const before = gateway.requestCount();
    const request = graphqlRequest({ query: 'mutation { change }' }, { accept: 'text/event-stream' });
    expect(await outcome(request)).toEqual([406, 'NOT_ACCEPTABLE']);
    expect(gateway.requestCount()).toBe(before);
  });
});

describe('an operation that cannot be run', () => {
  const requests: readonly [string, object, string][] = [
    ['does not parse', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
    ['does not fit the schema', { query: '{ two }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['has variables that do not fit', { query: 'query($t: String!) { echo(text: $t) }' }, 'BAD_USER_INPUT'],
    ['is not in the document', { query: '{ one }', operationName: 'B' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['is one of several', { query: 'query A { one } query B { one }' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['does not exist', { query: 'fragment F on Query { one }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ];

  test.each(requests)('because it %s is a 400 in the newer media type', async (_why, body, code) => {
    expect(await outcome(graphqlRequest(body, { accept: GRAPHQL_TYPE }))).toEqual([400, code]);
  });

  test.each(requests)('because it %s is a 200 in application/json', async (_why, body, code) => {
    expect(await outcome(graphqlRequest(body))).toEqual([200, code]);
  });

  test('because its kind has no root type is a client error', async () => {
    await using queriesOnly = await startGateway({ subgraphs: { a: { typeDefs: 'type Query { x: Int }' } } });
    const request = graphqlRequest({ query: 'mutation { change }' }, { accept: GRAPHQL_TYPE });
    const response = await queriesOnly.handle(request);
    expect(response.status).toBe(400);
  });

  test.each([
    ['query { one ... @defer { echo } }'],
    ['query { one @stream }'],
    ['query F { ...G @defer } fragment G on Query { echo }'],
    ['subscription { one }'],
  ])('%s is not supported yet, in either media type', async query => {
    for (const accept of ['application/json', GRAPHQL_TYPE]) {
      const request = graphqlRequest({ query }, { accept });
      expect(await outcome(request)).toEqual([400, 'UNSUPPORTED_OPERATION']);
    }
  });

  test('is answered in the media type that was asked for', async () => {
    for (const request of [
      graphqlRequest({ query: '{ two }' }, { accept: GRAPHQL_TYPE }),
      post('{', { accept: GRAPHQL_TYPE }),
      new Request('http://gateway/elsewhere', { headers: { accept: GRAPHQL_TYPE } }),
    ]) {
      const { headers } = await gateway.handle(request);
      expect(headers.get('content-type')).toBe(`${GRAPHQL_TYPE}; charset=utf-8`);
    }
  });
});
