import { expect, test } from 'vitest';
import { sendJson } from '../../support/fake-subgraph.ts';
import { startGateway } from '../../support/start-gateway.ts';
import { startKeptGraph } from './kept-graph.ts';

const reference = ({ id }: { id: string }) => ({ id, name: `Item ${id}` });

test('loads of fetches with one operation are one request, of what is not kept', async () => {
  await using graph = await startKeptGraph({
    cache: { fields: { Item: { maxAge: '60s' } } },
    config: { execution: { planner: 'apollo' } },
    subgraphs: {
      lists: {
        typeDefs: `type Query { one: [Item!]! two: Box } type Box { three: [Item!]! }
          type Item @key(fields: "id") { id: ID! }`,
        resolvers: {
          Query: {
            one: () => [{ id: '1' }, { id: '2' }],
            two: () => ({ three: [{ id: '2' }, { id: '3' }] }),
          },
        },
      },
      items: {
        typeDefs: 'type Item @key(fields: "id") { id: ID! name: String }',
        resolvers: { Item: { __resolveReference: reference } },
      },
    },
  });
  await graph.ask('{ one { name } }');
  graph.asked.length = 0;
  const { data } = await graph.ask('{ one { name } two { three { name } } }');
  expect(data).toEqual({
    one: [{ name: 'Item 1' }, { name: 'Item 2' }],
    two: { three: [{ name: 'Item 2' }, { name: 'Item 3' }] },
  });
  expect(graph.takeAsked('items').map(({ representations }) => representations)).toEqual([
    [{ __typename: 'Item', id: '3' }],
  ]);
});

test('who takes the reply of a request that was sent before does not keep it', async () => {
  let answer = (): void => {};
  let sent = 0;
  await using gateway = await startGateway({
    config: {
      cache: { fields: { 'Query.motto': { maxAge: '60s' } } },
      execution: { sharing: { operations: false } },
    },
    subgraphs: {
      a: {
        typeDefs: 'type Query { motto: String }',
        respond: (_, response) =>
          new Promise(done => {
            const text = `motto ${++sent}`;
            answer = () => done(sendJson(response, { data: { motto: text } }));
          }),
      },
    },
  });
  const first = gateway.ask('{ motto }');
  await expect.poll(() => gateway.subgraphs.a.requests.length).toBe(1);
  // What the subgraph is about to answer is from before this.
  const before = await gateway.gateway.admin.inject('/metrics');
  expect(before.body).toContain('weir_cache_entities_total{subgraph="a",outcome="miss"} 1');
  const second = gateway.ask('{ motto }');
  await expect
    .poll(async () => (await gateway.gateway.admin.inject('/metrics')).body)
    .toContain('weir_shared_fetches_total{subgraph="a"} 1');
  answer();
  const motto = { data: { motto: 'motto 1' } };
  expect([await first, await second]).toEqual([motto, motto]);
  expect(await gateway.ask('{ motto }')).toEqual(motto);
  expect(sent).toBe(1);
});
