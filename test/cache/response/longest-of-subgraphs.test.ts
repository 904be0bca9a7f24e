import { expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import type { ExplainedCaching } from '../../../src/gateway/explained-caching.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { REDIS_URL } from '../../storage/redis-proxy.ts';
import { type FakeSubgraph, sendJson } from '../../support/fake-subgraph.ts';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../../support/start-gateway.ts';
import { handClock } from '../../support/test-identity.ts';

const QUERY = '{ products { id name stars } }';

const products: FakeSubgraph = {
  typeDefs: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
    type Query { products: [Product!] }
    type Product @key(fields: "id") { id: ID! name: String }`,
  resolvers: { Query: { products: () => [{ id: '1', name: 'n' }] } },
};
const reviews: FakeSubgraph = {
  typeDefs: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
    type Product @key(fields: "id") { id: ID! stars: Int }`,
  resolvers: { Product: { __resolveReference: ({ id }: { id: string }) => ({ id, stars: 5 }) } },
};

async function start(cache: NonNullable<GatewayConfigInput['cache']>) {
  const clock = handClock();
  const gateway = await startGateway({
    clock,
    subgraphs: { products, reviews },
    config: {
      execution: { subgraphs: { all: { identity: false } } },
      personas: { curious: { match: { default: true }, explain: true } },
      cache: { jitter: 0, defaultMaxAge: '60s', ...cache },
    },
  });
  return Object.assign(gateway, { clock });
}

async function send(gateway: Pick<TestGateway<never>, 'handle'>) {
  const { headers } = await gateway.handle(graphqlRequest({ query: QUERY }));
  return [headers.get('x-cache'), headers.get('cache-control')];
}

const asked = ({ subgraphs }: Pick<TestGateway<'products' | 'reviews'>, 'subgraphs'>) => [
  subgraphs.products.requests.length,
  subgraphs.reviews.requests.length,
];

test('of a subgraph that is not to be kept nothing is, nor what is made of it; its neighbours are', async () => {
  await using gateway = await start({ subgraphs: { reviews: { maxAge: '0s' } } });
  for (let time = 0; time < 2; time++) expect(await send(gateway)).toEqual(['MISS', 'no-store']);
  expect(asked(gateway)).toEqual([1, 2]);
  const { extensions } = await gateway.ask(QUERY, {}, { 'x-weir-explain': '1' });
  expect((extensions?.['explain'] as { cache: ExplainedCaching } | undefined)?.cache).toMatchObject({
    kept: null,
    because: ['cache.subgraphs.reviews.maxAge is 0'],
  });
});

test('what is kept at most so long is no longer, in parts and as a whole', async () => {
  await using gateway = await start({ subgraphs: { reviews: { maxAge: '10s' } } });
  expect(await send(gateway)).toEqual(['MISS', 'private, max-age=10']);
  gateway.clock.at += 9_000;
  expect((await send(gateway))[0]).toBe('HIT');
  gateway.clock.at += 2_000;
  expect(await send(gateway)).toEqual(['MISS', 'private, max-age=10']);
  expect(asked(gateway)).toEqual([1, 2]);
});

test.each([
  ['max-age=600', 10],
  ['s-maxage=600, max-age=5', 10],
  ['max-age=5', 5],
])('a reply that says %s is kept for %i s', async (control, seconds) => {
  await using gateway = await start({ subgraphs: { products: { maxAge: '10s' } } });
  gateway.subgraphs.products.respond = (_, response) => {
    response.setHeader('cache-control', control);
    sendJson(response, { data: { products: [] } });
  };
  expect((await send(gateway))[1]).toBe(`private, max-age=${Math.min(seconds, 10)}`);
});

test('a subgraph that is not there stops the start', async () => {
  await expect(start({ subgraphs: { reviws: { maxAge: '0s' } } })).rejects.toThrow(
    /cache\.subgraphs\.reviws: .* did you mean "reviews"/,
  );
});

test('a gateway that may keep less does not find what another kept', async () => {
  const prefix = `test-${randomId()}`;
  await using origin = await start({});
  const of = (maxAge: '1h' | '10s') =>
    startGateway({
      supergraphSdl: origin.gateway.generation().sdl,
      config: {
        execution: { subgraphs: { all: { identity: false } } },
        storage: { redis: { url: REDIS_URL, prefix } },
        cache: { defaultMaxAge: '60s', subgraphs: { reviews: { maxAge } } },
      },
    });
  await using long = await of('1h');
  await using same = await of('1h');
  await using short = await of('10s');
  for (const { log } of [long, same, short])
    await vi.waitFor(() => expect(log.map(({ message }) => message)).toContain('Redis is ready'), PATIENCE);
  expect((await send(long))[0]).toBe('MISS');
  await vi.waitFor(async () => expect((await send(same))[0]).toBe('HIT'), PATIENCE);
  const [products = 0, reviews = 0] = asked(origin);
  expect((await send(short))[0]).toBe('MISS');
  expect(asked(origin)).toEqual([products, reviews + 1]);
});
