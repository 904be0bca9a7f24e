import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { handClock } from '../support/test-identity.ts';

const typeDefs = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated"])
  type Query { x: String y: String @authenticated me: Me }
  type Mutation { x: String }
  type Me @key(fields: "id") { id: ID! }`;

let gateway: TestGateway<'a'>;

beforeAll(async () => {
  gateway = await startGateway({
    subgraphs: {
      a: { typeDefs, resolvers: { Query: { x: () => 'q' }, Mutation: { x: () => 'm' } } },
    },
    config: {
      personas: {
        curious: { explain: true, match: { clients: [{ name: 'curious' }] } },
        default: { match: { default: true } },
      },
    },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const ASKED = { 'graphql-client-name': 'curious', 'x-weir-explain': '1' };

test('an explanation has the plan, the fetches, and what was taken out', async () => {
  const { data, extensions } = await gateway.ask('{ x y }', {}, ASKED);
  expect(data).toEqual({ x: 'q', y: null });
  expect(extensions?.['explain']).toMatchObject({
    persona: 'curious',
    caller: { credential: 'anonymous', subject: null },
    document: null,
    plan: 'fetch a (query)\n  {\n    x\n  }\n',
    fetches: [{ subgraph: 'a', outcome: 200, ms: expect.any(Number), sent: 15, received: 18 }],
    authorization: { removed: ['y'], deferred: 0 },
  });
});

test('mutations are explained and run once', async () => {
  gateway.subgraphs.a.requests.length = 0;
  const { extensions } = await gateway.ask('mutation { x }', {}, ASKED);
  expect(extensions?.['explain']).toMatchObject({ fetches: [{ outcome: 200 }] });
  expect(gateway.requestCount()).toBe(1);
});

describe('what it cost and spent', () => {
  const start = () =>
    startGateway({
      clock: handClock(),
      subgraphs: {
        a: {
          typeDefs: `extend schema
            @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost" "@listSize"])
            type Query { many(first: Int): [One] @listSize(slicingArguments: ["first"]) dear: Int @cost(weight: 3) tip: Int }
            type One { n: Int }`,
          resolvers: { Query: { many: () => [{}, {}], dear: () => 1, tip: () => 1 } },
        },
      },
      config: {
        personas: {
          curious: { explain: true, match: { clients: [{ name: 'curious' }] } },
          default: { match: { default: true } },
        },
        policy: {
          cost: { mode: 'measure', max: 50 },
          rateLimit: {
            limits: {
              calls: { limit: 9, window: '1m' },
              points: { limit: 100, window: '100s', spend: 'cost', algorithm: 'token-bucket' },
              soon: { limit: 1, window: '1m', shadow: true, algorithm: 'fixed-window' },
              tips: { limit: 1, window: '1m', onExceeded: 'prune', for: { coordinates: ['Query.tip'] } },
            },
          },
        },
      },
    });
  const QUERY = '{ many(first: 10) { n } dear tip }';
  const plain = { shadow: false, pruned: false, exceeded: false };
  const told = async (gateway: Pick<TestGateway<never>, 'ask'>) =>
    (await gateway.ask(QUERY, {}, ASKED)).extensions?.['explain'];

  test('is told as it is when it is settled, of every limit', async () => {
    await using costly = await start();
    expect(await told(costly)).toMatchObject({
      cost: {
        estimated: 13,
        actual: 5,
        max: 50,
        parts: [
          { coordinate: 'Query.many', cost: 10 },
          { coordinate: 'Query.dear', cost: 3 },
        ],
      },
      buckets: [
        {
          ...plain,
          limit: 'calls',
          algorithm: 'sliding-window',
          units: 1,
          remaining: 8,
          resetAfterMs: 60_000,
        },
        {
          ...plain,
          limit: 'points',
          algorithm: 'token-bucket',
          units: 5,
          remaining: 95,
          resetAfterMs: 5_000,
        },
        { ...plain, limit: 'soon', shadow: true, units: 1, remaining: 0 },
        { ...plain, limit: 'tips', units: 1, remaining: 0 },
      ],
      moreBuckets: 0,
    });
    expect(await told(costly)).toMatchObject({
      authorization: { removed: ['tip'] },
      buckets: [
        { limit: 'calls', units: 1, remaining: 7 },
        { limit: 'points', units: 5, remaining: 90, resetAfterMs: 10_000 },
        { limit: 'soon', units: 0, remaining: 0, shadow: true, exceeded: true, pruned: false },
        { limit: 'tips', units: 0, remaining: 0, shadow: false, exceeded: true, pruned: true },
      ],
    });
  });

  test('is told to nobody else, and says of nobody whose a bucket is', async () => {
    await using costly = await start();
    const text = JSON.stringify(await told(costly));
    expect(text).not.toContain('owner');
    expect(text).not.toContain('127.0.0.1');
    const { extensions } = await costly.ask(QUERY, {}, { 'x-weir-explain': '1' });
    expect(extensions).toBeUndefined();
  });
});

test('nothing is told of costs and limits where there are none', async () => {
  const { extensions } = await gateway.ask('{ x }', {}, ASKED);
  expect(extensions?.['explain']).toMatchObject({ cost: null, buckets: [], moreBuckets: 0 });
});

test('each of equal queries in flight is told of its own fetches', async () => {
  const answers = await Promise.all([1, 2].map(() => gateway.ask('{ x }', {}, ASKED)));
  for (const { extensions } of answers) {
    expect(extensions?.['explain']).toMatchObject({ fetches: [{ subgraph: 'a' }] });
  }
});

test.each([
  ['does not ask', { 'graphql-client-name': 'curious' }],
  ['asks in another way', { 'graphql-client-name': 'curious', 'x-weir-explain': 'true' }],
  ['is of a persona that may not', { 'x-weir-explain': '1' }],
])('whoever %s gets none', async (_who, headers) => {
  const response = await gateway.handle(graphqlRequest({ query: '{ x }' }, headers));
  expect(await response.json()).toEqual({ data: { x: 'q' } });
});
