import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { type PublishedSupergraph, supergraphFile } from '../../src/config/supergraph-file.ts';
import { createFetchPublished } from '../../src/supergraph/published-supergraph.ts';
import { composeSupergraph } from '../support/compose.ts';

const SDL = composeSupergraph([{ name: 'a', url: 'http://a', typeDefs: 'type Query { a: Int }' }]);

interface Registry extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly IncomingHttpHeaders[];
}

async function startRegistry(answer: RequestListener): Promise<Registry> {
  const asked: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    answer(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/supergraph`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

const published = (url: string | string[], headers = {}): PublishedSupergraph =>
  parseConfig(supergraphFile, { supergraph: { url, headers } }, 'test').supergraph as PublishedSupergraph;

test('the SDL is asked for with the headers, and only told to be unchanged while it is', async () => {
  await using registry = await startRegistry((request, response) => {
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"1"' }).end(SDL);
  });
  const fetchPublished = createFetchPublished();
  const from = published(registry.url, { 'x-hive-cdn-key': 'k' });
  expect([await fetchPublished(from), await fetchPublished(from)]).toEqual([SDL, SDL]);
  expect(registry.asked.map(headers => [headers['x-hive-cdn-key'], headers['if-none-match']])).toEqual([
    ['k', undefined],
    ['k', '"1"'],
  ]);
});

test('storage to which a CDN points is asked, and not told the key', async () => {
  await using storage = await startRegistry((_request, response) => void response.end(SDL));
  await using registry = await startRegistry((_request, response) =>
    response.writeHead(302, { location: storage.url }).end(),
  );
  const given = await createFetchPublished()(published(registry.url, { 'x-hive-cdn-key': 'k' }));
  expect(given).toBe(SDL);
  expect(storage.asked[0]).not.toHaveProperty('x-hive-cdn-key');
});

test('where the first URL gives none, the next one does', async () => {
  await using broken = await startRegistry((_request, response) => void response.writeHead(500).end());
  await using mirror = await startRegistry((_request, response) => void response.end(SDL));
  expect(await createFetchPublished()(published([broken.url, mirror.url]))).toBe(SDL);
});

test.each<[string, RequestListener, RegExp]>([
  ['a refusal', (_request, response) => response.writeHead(403).end(), /it answered with status 403/],
  [
    'what is no supergraph',
    (_request, response) => response.end('type Query { a: Int }'),
    /not a supergraph/,
  ],
  [
    'a circle',
    ({ url }, response) => response.writeHead(302, { location: url }).end(),
    /leads on more than 3 times/,
  ],
  [
    'a place that is no web page',
    (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    /which is not safe/,
  ],
  ['nothing in time', () => {}, /no answer within 200 ms/],
])('%s is told, without what stands behind the path', async (_what, answer, reason) => {
  await using registry = await startRegistry(answer);
  const failure = createFetchPublished(200)(published(`${registry.url}?signature=secret`));
  await expect(failure).rejects.toThrow(reason);
  await expect(failure).rejects.toThrow(`${registry.url} cannot be used`);
  await expect(failure).rejects.not.toThrow('secret');
});

test.each([
  ['a credential in the URL', { supergraph: { url: 'http://u:p@a/x' } }, /give them as a header/],
  ['no time between', { supergraph: { url: 'http://a/x', poll_interval: '10ms' } }, /is shorter than 1s/],
  ['no URL', { supergraph: {} }, /supergraph\.url: is missing/],
  ['a file for a URL', { supergraph: { url: './x' } }, /url: is not an http\(s\) URL/],
  ['no text for a URL', { supergraph: { url: 5 } }, /url: must be text or a list/],
  [
    'two places for a schema',
    { subgraphs: { a: { schema: { file: 'a', sdl: 'b' } } } },
    /give one of file, sdl/,
  ],
  ['both', { supergraph: { url: 'http://a/x' }, subgraphs: {} }, /give either subgraphs/],
  ['neither', { federation_version: 2 }, /give either subgraphs/],
])('a supergraph.yaml with %s is refused', (_what, written, reason) => {
  expect(() => parseConfig(supergraphFile, written, 'supergraph.yaml')).toThrow(reason);
});
