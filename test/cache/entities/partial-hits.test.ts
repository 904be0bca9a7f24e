import { expect, test } from 'vitest';
import { startGateway } from '../../support/start-gateway.ts';

test('a batch of which most is kept asks for the rest', async () => {
  await using gateway = await startGateway({
    config: { cache: { fields: { Product: { maxAge: '60s' } } } },
    subgraphs: {
      a: {
        typeDefs:
          'type Query { products(first: Int!): [Product!]! } type Product @key(fields: "id") { id: ID! name: String }',
        resolvers: {
          Query: {
            products: (_: unknown, { first }: { first: number }) =>
              Array.from({ length: first }, (_, id) => ({ id, name: `n${id}` })),
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
  await gateway.ask('{ products(first: 90) { name price } }');
  const answer = await gateway.ask('{ products(first: 100) { name price } }');
  expect(answer.data?.['products']).toEqual(
    Array.from({ length: 100 }, (_, id) => ({ name: `n${id}`, price: id * 10 })),
  );
  const { requests } = gateway.subgraphs.b;
  expect(
    requests.map(
      ({ variables }) => ((variables['representations'] as unknown[]) ?? Object.values(variables)[0]).length,
    ),
  ).toEqual([90, 10]);
});
