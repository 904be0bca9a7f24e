import { describe, expect, test } from 'vitest';
import { startGateway } from '../../support/start-gateway.ts';

const entity = (field: string) => `type Item @key(fields: "id") { id: ID! ${field}: Int! }`;
const resolvers = { Item: { __resolveReference: ({ id }: { id: string }) => ({ id, x: 1, y: 2 }) } };

describe.each(['auto', 'apollo'] as const)('one entity at two places, with the %s planner', planner => {
  test.each([
    ['one: item { y } two: item { x y }', { one: { y: 2 }, two: { x: 1, y: 2 } }],
    ['one: item { x } two: item { x y }', { one: { x: 1 }, two: { x: 1, y: 2 } }],
    ['one: item { x y } two: item { y }', { one: { x: 1, y: 2 }, two: { y: 2 } }],
    ['one: item { y x } two: item { x }', { one: { y: 2, x: 1 }, two: { x: 1 } }],
  ])('keeps what each of two parallel fetches brings: %s', async (selections, data) => {
    await using gateway = await startGateway({
      subgraphs: {
        root: {
          typeDefs: 'type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
          resolvers: { Query: { item: () => ({ id: '1' }) } },
        },
        x: { typeDefs: entity('x'), resolvers },
        y: { typeDefs: entity('y'), resolvers },
      },
      config: { execution: { planner } },
    });
    expect(await gateway.ask(`{ ${selections} }`)).toEqual({ data });
  });
});
