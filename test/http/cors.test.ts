import { expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

const start = (server: GatewayConfigInput['server']): Promise<TestGateway<'a'>> =>
  startGateway({ subgraphs: { a: { typeDefs: 'type Query { x: Int }' } }, config: { server } });

const preflight = (origin: string): Request =>
  new Request('http://gateway/graphql', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,authorization',
    },
  });

const corsHeaders = (response: Response): string[] =>
  [...response.headers.keys()].filter(name => name.startsWith('access-control-'));

test('nothing is allowed to other origins unless it is configured', async () => {
  await using gateway = await start({});
  const asked = await gateway.handle(preflight('https://app.example'));
  expect([asked.status, asked.headers.get('allow'), corsHeaders(asked)]).toEqual([
    204,
    'GET, POST, OPTIONS',
    [],
  ]);
  const answered = await gateway.handle(
    graphqlRequest({ query: '{ x }' }, { origin: 'https://app.example' }),
  );
  expect(corsHeaders(answered)).toEqual([]);
});

test('a preflight of a configured origin is answered with what it may do', async () => {
  await using gateway = await start({
    cors: { origins: ['https://app.example', 'https://b.example'], credentials: true, maxAge: '5m' },
  });
  const { status, headers } = await gateway.handle(preflight('https://app.example'));
  expect(status).toBe(204);
  expect(Object.fromEntries(headers)).toMatchObject({
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type,authorization',
    'access-control-max-age': '300',
  });
  expect(headers.get('vary')?.toLowerCase()).toContain('origin');
});

test('an origin that is not configured gets no permission', async () => {
  await using gateway = await start({ cors: { origins: ['https://app.example', 'https://b.example'] } });
  const response = await gateway.handle(preflight('https://evil.example'));
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
});

test('answers and errors name the origin, the headers a script may read, and vary by origin', async () => {
  await using gateway = await start({
    cors: { origins: ['https://app.example', 'https://b.example'] },
    compression: { minBytes: '1B' },
  });
  for (const [body, varies] of [
    [{ query: '{ x }' }, ['origin', 'accept-encoding']],
    [{ query: '{' }, ['origin', 'accept-encoding']],
    // Never compressed.
    ['neither object nor array', ['origin']],
  ] as const) {
    const { headers } = await gateway.handle(graphqlRequest(body, { origin: 'https://app.example' }));
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(headers.get('access-control-expose-headers')).toBe(
      'x-request-id, x-trace-id, RateLimit, RateLimit-Policy, retry-after, etag, age, x-cache',
    );
    expect(headers.get('vary')?.toLowerCase().split(', ')).toEqual(varies);
  }
});

test('any origin may be allowed, without credentials', async () => {
  await using gateway = await start({ cors: { origins: ['*'] } });
  const { headers } = await gateway.handle(preflight('https://anywhere.example'));
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.get('access-control-allow-credentials')).toBeNull();
});
