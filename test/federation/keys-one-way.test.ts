import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

federation(
  'keys that lead one way',
  {
    orders: {
      typeDefs: `
        type Query { orders: [Order!]! }
        type Order @key(fields: "id") { id: ID! total: Int buyer: User }
        type User @key(fields: "id", resolvable: false) { id: ID! }
      `,
      resolvers: {
        Query: {
          orders: () => [
            { id: 'o1', total: 5, buyer: { id: 'u1' } },
            { id: 'o2', total: 6, buyer: { id: 'u1' } },
            { id: 'o3', total: 7, buyer: null },
          ],
        },
      },
    },
    users: {
      typeDefs: `
        type Query { user(id: ID!): User }
        type User @key(fields: "id") { id: ID! name: String! best: Order tags: [String!] @shareable }
        type Order @key(fields: "id", resolvable: false) { id: ID! }
      `,
      resolvers: {
        Query: { user: (_, { id }) => ({ id }) },
        User: {
          __resolveReference: ({ id }) => ({ id }),
          name: ({ id }) => `name of ${id}`,
          best: () => ({ id: 'o9' }),
          tags: () => ['of users'],
        },
      },
    },
    tags: {
      typeDefs: `
        type Query { tagged: [User!]! }
        type User @key(fields: "id", resolvable: false) { id: ID! tags: [String!] @shareable }
      `,
      resolvers: { Query: { tagged: () => [{ id: 'u1', tags: ['t'] }] } },
    },
  },
  add => {
    add('follows a stub to the subgraph that can resolve it', {
      query: '{ orders { buyer { id name } } }',
      data: {
        orders: [
          { buyer: { id: 'u1', name: 'name of u1' } },
          { buyer: { id: 'u1', name: 'name of u1' } },
          { buyer: null },
        ],
      },
      requests: 2,
    });
    add('asks nothing more when the stub holds all that is selected', {
      query: '{ orders { buyer { id } } }',
      data: { orders: [{ buyer: { id: 'u1' } }, { buyer: { id: 'u1' } }, { buyer: null }] },
      requests: 1,
    });
    add('takes fields of an unresolvable type where its subgraph is entered by itself', {
      query: '{ tagged { tags name } }',
      data: { tagged: [{ tags: ['t'], name: 'name of u1' }] },
      requests: 2,
    });
    add('sends one representation for a stub that stands twice', {
      query: '{ orders { buyer { name } } }',
      data: {
        orders: [{ buyer: { name: 'name of u1' } }, { buyer: { name: 'name of u1' } }, { buyer: null }],
      },
      requests: 2,
      asked: ({ users }) => {
        expect(users?.requests[0]?.variables['representations']).toEqual([{ __typename: 'User', id: 'u1' }]);
      },
    });
    add('goes back only to where the key is resolvable', {
      query: '{ user(id: "u5") { name best { id } } }',
      data: { user: { name: 'name of u5', best: { id: 'o9' } } },
      requests: 1,
    });
  },
);

federation(
  'keys that are null',
  {
    posts: {
      typeDefs: `
        type Query { posts: [Post!]! drafts: [Draft!]! }
        type Post { title: String author: Author }
        type Author @key(fields: "id") { id: ID }
        type Draft @key(fields: "id space") { id: ID space: ID }
      `,
      resolvers: {
        Query: {
          posts: () => [
            { title: 'a', author: { id: '1' } },
            { title: 'b', author: { id: null } },
            { title: 'c', author: null },
          ],
          drafts: () => [
            { id: 'd1', space: null },
            { id: null, space: null },
          ],
        },
      },
    },
    authors: {
      typeDefs: `
        type Author @key(fields: "id") { id: ID name: String books: [String!] }
        type Draft @key(fields: "id space") { id: ID space: ID text: String }
      `,
      resolvers: {
        Author: {
          __resolveReference: ({ id }) => {
            if (id === null) throw new Error('asked for nobody');
            return { id, name: `n${id}`, books: null };
          },
        },
        Draft: { __resolveReference: ({ id, space }) => ({ id, space, text: `${id} in ${space}` }) },
      },
    },
  },
  add => {
    add('leaves an entity alone that has nothing to identify it by', {
      query: '{ posts { title author { id name } } }',
      data: {
        posts: [
          { title: 'a', author: { id: '1', name: 'n1' } },
          { title: 'b', author: { id: null, name: null } },
          { title: 'c', author: null },
        ],
      },
      requests: 2,
    });
    add('resolves an entity of which a part of the key is null', {
      query: '{ drafts { id text } }',
      data: {
        drafts: [
          { id: 'd1', text: 'd1 in null' },
          { id: null, text: null },
        ],
      },
      requests: 2,
    });
  },
);
