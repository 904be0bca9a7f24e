import { afterAll, beforeAll, expect, test } from 'vitest';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

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
