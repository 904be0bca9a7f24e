import { describe, expect, test } from 'vitest';
import { isCrossSiteRisk } from '../../src/http/cross-site.ts';
import { startGateway } from '../support/start-gateway.ts';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36';

describe('a GET is a risk', () => {
  test.each<[string, Record<string, string>]>([
    ['from another site', { 'sec-fetch-site': 'cross-site', 'user-agent': BROWSER }],
    ['from a sibling domain', { 'sec-fetch-site': 'same-site' }],
    ['from a value that no browser sends yet', { 'sec-fetch-site': 'somewhere' }],
    ['from an old browser that names an origin', { origin: 'https://evil.example' }],
    ['from an old browser that names nothing', { 'user-agent': BROWSER }],
    ...['Basic dTpw', 'Digest username="u"', 'Negotiate YII', 'ntlm TlR'].map(
      (authorization): [string, Record<string, string>] => [
        `with ${authorization}, which a browser adds by itself`,
        { authorization, 'sec-fetch-site': 'cross-site' },
      ],
    ),
  ])('%s', (_name, headers) => {
    expect(isCrossSiteRisk(headers)).toBe(true);
  });
});

describe('a GET is no risk', () => {
  test.each<[string, Record<string, string>]>([
    ['from a page of the gateway itself', { 'sec-fetch-site': 'same-origin', 'user-agent': BROWSER }],
    ['that a user typed', { 'sec-fetch-site': 'none', 'user-agent': BROWSER }],
    ['from a program', { 'user-agent': 'curl/8.5.0' }],
    ['from a program without a name', {}],
    ...[
      'apollo-require-preflight',
      'x-apollo-operation-name',
      'graphql-client-name',
      'apollographql-client-name',
      'authorization',
      'x-api-key',
    ].map((name): [string, Record<string, string>] => [
      `with ${name}, which takes a preflight`,
      { [name]: 'x', 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', 'user-agent': BROWSER },
    ]),
  ])('%s', (_name, headers) => {
    expect(isCrossSiteRisk(headers)).toBe(false);
  });
});

test('a GET of another site is refused before anything runs', async () => {
  await using gateway = await startGateway({ subgraphs: { a: { typeDefs: 'type Query { x: Int }' } } });
  const response = await gateway.handle(
    new Request('http://gateway/graphql?query={x}', { headers: { 'sec-fetch-site': 'cross-site' } }),
  );
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'REQUEST_FORBIDDEN' } }] });
  expect(gateway.requestCount()).toBe(0);
});

test.each([
  'text/plain',
  'text/plain;application/json',
  'text/plain; charset=application/json',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/jsonp',
  'application/json-patch+json',
  'application/json, text/plain',
  '*/*',
  'json',
])('a POST of %s, which a page could send without a preflight, is refused', async type => {
  await using gateway = await startGateway({ subgraphs: { a: { typeDefs: 'type Query { x: Int }' } } });
  const response = await gateway.handle(
    new Request('http://gateway/graphql', {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{"query":"{ x }"}',
    }),
  );
  expect(response.status).toBe(415);
  expect(gateway.requestCount()).toBe(0);
});
