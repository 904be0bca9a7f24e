import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Answer } from '../../src/http/answer.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

const LONG = 'weir '.repeat(400);

const start = (): Promise<TestGateway<'a'>> =>
  startGateway({
    subgraphs: {
      a: {
        typeDefs: 'type Query { long: String short: String }',
        resolvers: { Query: { long: () => LONG, short: () => 'short' } },
      },
    },
  });

const JSON_TEXT = JSON.stringify({ data: { long: LONG } });

test.each([
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
] as const)('a long answer goes out in %s when that is accepted', async (coding, decode) => {
  await using gateway = await start();
  const request = graphqlRequest({ query: '{ long }' }, { 'accept-encoding': coding });
  const response = await gateway.handle(request);
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(response.headers.get('content-encoding')).toBe(coding);
  expect(response.headers.get('vary')).toBe('accept-encoding');
  expect(response.headers.get('content-length')).toBe(String(bytes.length));
  expect(bytes.length).toBeLessThan(JSON_TEXT.length / 4);
  expect(decode(bytes).toString()).toBe(JSON_TEXT);
});

test('a long answer goes out as it is when nothing else is accepted, and still varies', async () => {
  await using gateway = await start();
  const response = await gateway.handle(graphqlRequest({ query: '{ long }' }));
  expect(response.headers.get('content-encoding')).toBeNull();
  expect(response.headers.get('vary')).toBe('accept-encoding');
  expect(await response.text()).toBe(JSON_TEXT);
});

test('a short answer goes out as it is', async () => {
  await using gateway = await start();
  const response = await gateway.handle(
    graphqlRequest({ query: '{ short }' }, { 'accept-encoding': 'gzip, br' }),
  );
  expect(response.headers.get('content-encoding')).toBeNull();
  expect(response.headers.get('vary')).toBeNull();
});

test('an answer with errors is compressed like any other', async () => {
  await using gateway = await start();
  const query = `{ ${Array.from({ length: 40 }, (_, index) => `unknown${index}`).join(' ')} }`;
  const response = await gateway.handle(graphqlRequest({ query }, { 'accept-encoding': 'gzip' }));
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(JSON.parse(gunzipSync(bytes).toString())).toMatchObject({ errors: { length: 40 } });
});

test('an answer that several requests share is compressed once for each coding', async () => {
  const answer = Answer.of(JSON.stringify({ long: LONG }));
  const [first, second, other] = await Promise.all([
    answer.encoded('gzip'),
    answer.encoded('gzip'),
    answer.encoded('br'),
  ]);
  expect(second).toBe(first);
  expect(other).not.toBe(first);
  expect(await answer.encoded('gzip')).toBe(first);
});
