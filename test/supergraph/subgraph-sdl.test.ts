import { expect, test } from 'vitest';
import { fetchSdl } from '../../src/supergraph/fetch-sdl.ts';
import { sendJson, startFakeSubgraph } from '../support/fake-subgraph.ts';

const typeDefs = 'type Query { a: Int }';

test('the SDL of a running subgraph is read, with the headers that were asked for', async () => {
  await using subgraph = await startFakeSubgraph({ typeDefs });
  expect(await fetchSdl({ url: subgraph.url, headers: { 'x-key': 'k' } })).toContain('type Query');
  expect(subgraph.requests[0]?.headers['x-key']).toBe('k');
});

test('a subgraph that is not there is said to be unreachable', async () => {
  const reading = fetchSdl({ url: 'http://127.0.0.1:9/graphql', headers: {} });
  await expect(reading).rejects.toThrow(/127\.0\.0\.1:9.*cannot be read/);
});

test('a subgraph that never answers is given up on', async () => {
  await using subgraph = await startFakeSubgraph({ typeDefs, respond: () => {} });
  const bounds = { timeoutMs: 50, maxBytes: 1_000 };
  await expect(fetchSdl({ url: subgraph.url, headers: {} }, bounds)).rejects.toThrow(
    /no answer within 50 ms/,
  );
});

test('an SDL that does not end is not read to its end', async () => {
  await using subgraph = await startFakeSubgraph({
    typeDefs,
    respond: (_seen, response) => sendJson(response, { data: { _service: { sdl: 'x'.repeat(5_000) } } }),
  });
  const bounds = { timeoutMs: 5_000, maxBytes: 1_000 };
  await expect(fetchSdl({ url: subgraph.url, headers: {} }, bounds)).rejects.toThrow(
    /larger than 1000 bytes/,
  );
});

test('what the subgraph complains of is passed on', async () => {
  await using subgraph = await startFakeSubgraph({
    typeDefs,
    respond: (_seen, response) => sendJson(response, { errors: [{ message: 'no introspection here' }] }),
  });
  await expect(fetchSdl({ url: subgraph.url, headers: {} })).rejects.toThrow(/no introspection here/);
});
