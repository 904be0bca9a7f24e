import { expect, test } from 'vitest';
import { executionConfig } from '../../src/config/execution.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { checkSecureUrls } from '../../src/config/secure-urls.ts';

const COMPOSED = new Map([
  ['orders', 'http://orders/'],
  ['products', 'https://products/'],
]);

const check = (subgraphs: object) => () =>
  checkSecureUrls(parseConfig(executionConfig, { subgraphs }, 'test config'), COMPOSED);

const tls = { ca: 'ca.pem' };
const canary = (url: unknown) => ({ variants: { canary: { url, weight: 1 } } });

test.each<[string, object]>([
  ['a URL of the supergraph', { orders: { tls } }],
  ['its own URL', { products: { tls, url: 'http://products/' } }],
  ['one of several URLs', { products: { tls, url: ['https://a/', 'http://b/'] } }],
  ['a variant', { products: { tls, ...canary('http://canary/') } }],
  ['one of several URLs of a variant', { products: { tls, ...canary(['https://a/', 'http://b/']) } }],
])('TLS of a subgraph is refused where %s is http', (_, subgraphs) => {
  expect(check(subgraphs)).toThrow(/\.tls: the subgraph has an http URL/);
});

test('TLS of all is refused where nothing is https', () => {
  const http = { products: { url: 'http://products/' } };
  expect(check({ all: { tls }, ...http })).toThrow('all.tls: no subgraph has an https URL');
  const https = { ...http, orders: canary(['http://a/', 'https://b/']) };
  for (const subgraphs of [{}, https]) expect(check({ all: { tls }, ...subgraphs })).not.toThrow();
  expect(check({ products: { tls, url: ['https://a/', 'https://b/'] } })).not.toThrow();
});
