import { expect, test } from 'vitest';
import { startGateway } from '../support/start-gateway.ts';

test('fetches a field of an entity from the subgraph that has it', async () => {
  await using gateway = await startGateway({
    subgraphs: {
      a: {
        typeDefs:
          'type Query { products: [Product!]! } type Product @key(fields: "id") { id: ID! name: String }',
        resolvers: {
          Query: {
            products: () => [
              { id: 1, name: 'Chair' },
              { id: 2, name: 'Table' },
            ],
          },
        },
      },
      b: {
        typeDefs: 'type Product @key(fields: "id") { id: ID! price: Int }',
        resolvers: {
          Product: { __resolveReference: ({ id }: { id: string }) => ({ id, price: Number(id) * 10 }) },
        },
      },
    },
  });
  expect(await gateway.ask('{ products { name price } }')).toEqual({
    data: {
      products: [
        { name: 'Chair', price: 10 },
        { name: 'Table', price: 20 },
      ],
    },
  });
  expect(gateway.requestCount()).toBe(2);
});
