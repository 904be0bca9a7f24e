import { expect, test, vi } from 'vitest';
import { randomId } from '../../src/shared/random-id.ts';
import { type KeptShop, startKeptShop } from '../cache/response/kept-shop.ts';
import { REDIS_URL } from '../storage/redis-proxy.ts';
import { PATIENCE } from '../support/patience.ts';
import { graphqlRequest } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('what is declared to be for its caller alone shared caches do not get, whatever the persona allows', async () => {
  await using folder = await temporaryFolder({ 'm.json': JSON.stringify({ m: '{ mine }' }) });
  const documents = { manifests: [`${folder.path}/m.json`] };
  await using shop = await startKeptShop({
    personas: { all: { match: { default: true }, documents, response: { maxAge: '10m' } } },
  });
  const request = new Request('http://gateway/graphql/m', { headers: { 'apollo-require-preflight': '1' } });
  const { headers } = await shop.handle(request);
  expect(headers.get('cache-control')).toBe('no-store');
});

test('how long an answer lasts is told by what is declared now, not by what it was kept with', async () => {
  const storage = { redis: { url: REDIS_URL, prefix: `test-${randomId()}`, readTimeout: '5s' } };
  const said = async (shop: KeptShop) => {
    const { headers } = await shop.handle(graphqlRequest({ query: '{ cheapest { id } }' }));
    return [headers.get('x-cache'), headers.get('cache-control')];
  };
  await using first = await startKeptShop({ storage });
  await vi.waitFor(async () => {
    first.clock.at += 1_000;
    expect(await said(first)).toEqual(['HIT', 'private, max-age=60']);
  }, PATIENCE);
  const fields = { 'Query.cheapest': { maxAge: '20s' } };
  await using second = await startKeptShop({ storage, cache: { jitter: 0, fields } }, first);
  second.clock.at = first.clock.at;
  await vi.waitFor(async () => expect(await said(second)).toEqual(['HIT', 'private, max-age=20']), PATIENCE);
});
