import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

const DOCUMENT = `
  query Names { user(id: 1) { ...U } }
  query Ages($id: ID!) { user(id: $id) { age } }
  mutation Rename { rename { name } }
  fragment U on User { name }
`;

describe('a document with several operations', () => {
  let gateway: TestGateway<'a' | 'b'>;
  beforeAll(async () => {
    gateway = await startGateway({
      subgraphs: {
        a: {
          typeDefs: `
            type Query { user(id: ID!): User }
            type Mutation { rename: User }
            type User @key(fields: "id") { id: ID! name: String }
          `,
          resolvers: {
            Query: { user: (_, { id }) => ({ id, name: `name ${id}` }) },
            Mutation: { rename: () => ({ id: '1', name: 'new' }) },
          },
        },
        b: {
          typeDefs: 'type User @key(fields: "id") { id: ID! age: Int }',
          resolvers: { User: { __resolveReference: ref => ref, age: ({ id }) => Number(id) } },
        },
      },
    });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  async function run(operationName: string | undefined, variables: object = {}) {
    const before = gateway.requestCount();
    const response = await gateway.handle(graphqlRequest({ query: DOCUMENT, operationName, variables }));
    const answer = (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] };
    return {
      data: answer.data,
      codes: (answer.errors ?? []).map(({ extensions }) => extensions.code),
      requests: gateway.requestCount() - before,
    };
  }

  test('runs the one that is named', async () => {
    expect(await run('Names')).toEqual({ data: { user: { name: 'name 1' } }, codes: [], requests: 1 });
    expect(await run('Ages', { id: 7 })).toEqual({ data: { user: { age: 7 } }, codes: [], requests: 2 });
    expect(await run('Rename')).toEqual({ data: { rename: { name: 'new' } }, codes: [], requests: 1 });
  });

  test('does not take the plan of one for another', async () => {
    for (const id of [2, 3]) {
      expect((await run('Ages', { id })).data).toEqual({ user: { age: id } });
      expect((await run('Names')).data).toEqual({ user: { name: 'name 1' } });
    }
  });

  test('runs none of them without a name, or with another one', async () => {
    expect(await run(undefined)).toMatchObject({ data: undefined, requests: 0 });
    expect(await run('Nothing')).toMatchObject({ data: undefined, requests: 0 });
    expect((await run('Nothing')).codes).toHaveLength(1);
  });

  test('tells a variable that is missing before it asks anybody', async () => {
    expect(await run('Ages')).toEqual({ data: undefined, codes: ['BAD_USER_INPUT'], requests: 0 });
  });
});
