import { expect, test } from 'vitest';
import { startKeptShop } from '../cache/response/kept-shop.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test.each([
  ['max-age=30', 'public, max-age=30'],
  ['no-store', 'no-store'],
  ['private', 'no-store'],
  ['max-age=0', 'no-store'],
  [undefined, 'public, max-age=60'],
])('a reply that says %s goes before what the persona allows shared caches', async (said, expected) => {
  await using folder = await temporaryFolder({
    'm.json': JSON.stringify({ c: '{ cheapest { id } }', n: '{ now }' }),
  });
  const { path: manifests } = folder;
  await using shop = await startKeptShop({
    personas: {
      all: {
        match: { default: true },
        documents: { manifests: [`${manifests}/m.json`] },
        response: { maxAge: '10m' },
      },
    },
  });
  const data = { cheapest: { __typename: 'Product', id: '1' }, now: 'now' };
  shop.subgraphs.products.respond = (_, response) => {
    if (said !== undefined) response.setHeader('cache-control', said);
    sendJson(response, { data });
  };
  const control = async (id: string): Promise<string | null> => {
    const url = `http://gateway/graphql/${id}`;
    const { headers } = await shop.handle(new Request(url, { headers: { 'apollo-require-preflight': '1' } }));
    return headers.get('cache-control');
  };
  expect(await control('c')).toBe(expected);
  // Of what is not kept here nobody has read that it is forbidden.
  expect(await control('n')).toBe('public, max-age=600');
});
