import { expect, test } from 'vitest';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

const start = (): Promise<TestGateway<'a'>> =>
  startGateway({ subgraphs: { a: { typeDefs: 'type Query { x: Int }' } } });

const FRESH = /^[0-9a-f]{32}$/;

test.each<[string, Request]>([
  ['an answer', graphqlRequest({ query: '{ x }' })],
  ['an invalid operation', graphqlRequest({ query: '{' })],
  ['a bad request', graphqlRequest({})],
  ['an unknown content type', new Request('http://gateway/graphql', { method: 'POST', body: 'x' })],
  ['an unknown path', new Request('http://gateway/none')],
  ['a method that is not allowed', new Request('http://gateway/graphql', { method: 'DELETE' })],
  ['a path that cannot be decoded', new Request('http://gateway/%ff')],
  ['health', new Request('http://gateway/health/live')],
])('%s carries the ids of its request and trace', async (_name, request) => {
  await using gateway = await start();
  const { headers } = await gateway.handle(request);
  expect(headers.get('x-request-id')).toMatch(FRESH);
  expect(headers.get('x-trace-id')).toMatch(FRESH);
});

test('an id of the client is echoed and handed on to subgraphs', async () => {
  await using gateway = await start();
  const request = graphqlRequest({ query: '{ x }' }, { 'x-request-id': 'order:42/1'.replace('/', '.') });
  const { headers } = await gateway.handle(request);
  expect(headers.get('x-request-id')).toBe('order:42.1');
  expect(gateway.subgraphs.a.requests[0]?.headers['x-request-id']).toBe('order:42.1');
});

test.each(['', 'a b', '<script>', '{"json":1}', 'é', 'x'.repeat(129)])(
  'the id %j is not fit for logs and is replaced',
  async id => {
    await using gateway = await start();
    const { headers } = await gateway.handle(graphqlRequest({ query: '{ x }' }, { 'x-request-id': id }));
    expect(headers.get('x-request-id')).toMatch(FRESH);
  },
);

test('a subgraph gets our word about the caller, never the copy or the credentials of the client', async () => {
  await using gateway = await start();
  const claims = {
    'x-user-id': 'root',
    'x-user-roles': 'admin',
    'x-tenant-id': 'other',
    'x-persona': 'admin',
    'x-deadline-ms': '999999999',
  };
  const credentials = { authorization: 'Bearer secret', 'x-api-key': 'secret', cookie: 'session=secret' };
  await gateway.ask('{ x }', {}, { ...claims, ...credentials, 'x-anything': 'else' });
  const headers = gateway.subgraphs.a.requests[0]?.headers ?? {};
  expect(Object.keys(headers).sort()).toEqual([
    'accept',
    'connection',
    'content-length',
    'content-type',
    'host',
    'traceparent',
    'x-deadline-ms',
    'x-request-id',
  ]);
  expect(Number(headers['x-deadline-ms'])).toBeLessThanOrEqual(60_000);
});
