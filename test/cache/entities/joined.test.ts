import { expect, test } from 'vitest';
import { startKeptGraph } from './kept-graph.ts';
import { startKeptShop } from './kept-shop.ts';

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
  await using shop = await startKeptShop({ fields: { 'Query.motto': { maxAge: '60s' } } });
  const query = '{ motto products(ids: ["1"]) { stock } }';
  shop.state.answering = (_, request) => {
    request.isJoined = true;
    return {};
  };
  await shop.ask(query);
  shop.state.answering = () => ({});
  await shop.ask(query);
  expect(shop.takeAsked('products')).toHaveLength(2);
  expect(shop.takeAsked('stock')).toHaveLength(2);
});
