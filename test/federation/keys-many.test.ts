import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

const users = [
  { id: 'u1', email: 'a@x', pin: 11 },
  { id: 'u2', email: 'b@x', pin: 22 },
];

federation(
  'entities with several keys',
  {
    accounts: {
      typeDefs: `
        type Query { users: [User!]! }
        type User @key(fields: "id") @key(fields: "email") { id: ID! email: String! }
      `,
      resolvers: {
        Query: { users: () => users },
        User: {
          __resolveReference: ref =>
            users.find(user => (ref.id === undefined ? user.email === ref.email : user.id === ref.id)),
        },
      },
    },
    mail: {
      typeDefs: `
        type Query { mailbox(email: String!): User }
        type User @key(fields: "email") { email: String! unread: Int }
      `,
      resolvers: {
        Query: { mailbox: (_, { email }) => ({ email, unread: 7 }) },
        User: { __resolveReference: ({ email }) => ({ email, unread: email.length }) },
      },
    },
    cards: {
      typeDefs: 'type User @key(fields: "id") @key(fields: "pin") { id: ID! pin: Int! limit: Int }',
      resolvers: {
        User: {
          __resolveReference: ref => {
            const user = users.find(({ id, pin }) => id === ref.id || pin === ref.pin);
            return user && { ...user, limit: user.pin * 100 };
          },
        },
      },
    },
    vault: {
      typeDefs: 'type User @key(fields: "pin") { pin: Int! secrets: [String!]! }',
      resolvers: { User: { __resolveReference: ({ pin }) => ({ pin, secrets: [`s${pin}`] }) } },
    },
  },
  add => {
    add('uses the key that the asked subgraph knows', {
      query: '{ users { unread limit } }',
      data: {
        users: [
          { unread: 3, limit: 1100 },
          { unread: 3, limit: 2200 },
        ],
      },
      requests: 3,
    });
    add('gets the key of a third subgraph from a second one', {
      query: '{ users { secrets } }',
      data: { users: [{ secrets: ['s11'] }, { secrets: ['s22'] }] },
      requests: 3,
    });
    add('changes keys twice on the way to a field', {
      query: '{ mailbox(email: "b@x") { secrets } }',
      data: { mailbox: { secrets: ['s22'] } },
      requests: 4,
    });
    add('selects every key of an entity that is reached by one of them', {
      query: '{ mailbox(email: "b@x") { id email pin unread limit } }',
      data: { mailbox: { id: 'u2', email: 'b@x', pin: 22, unread: 7, limit: 2200 } },
      requests: 3,
    });
    add('answers null where the entity is lost between two keys', {
      query: '{ mailbox(email: "nobody") { unread limit } }',
      data: { mailbox: { unread: 7, limit: null } },
      requests: 2,
    });
    add('reports a lost entity at a field that is never null', {
      query: '{ mailbox(email: "nobody") { unread secrets } }',
      data: { mailbox: null },
      errors: [{ code: 'SUBGRAPH_BAD_RESPONSE', path: ['mailbox', 'secrets'] }],
      requests: 2,
    });
  },
);

federation(
  'keys with lists',
  {
    teams: {
      typeDefs: `
        type Query { teams: [Team!]! }
        type Team @key(fields: "tags members { id }") { tags: [String!]! members: [Member!]! }
        type Member @shareable { id: ID! }
      `,
      resolvers: {
        Query: {
          teams: () => [
            { tags: ['x', 'y'], members: [{ id: 1 }, { id: 2 }] },
            { tags: [], members: [] },
          ],
        },
      },
    },
    scores: {
      typeDefs: `
        type Team @key(fields: "tags members { id }") { tags: [String!]! members: [Member!]! score: Int }
        type Member @shareable { id: ID! }
      `,
      resolvers: {
        Team: {
          __resolveReference: ref => ({ ...ref, score: ref.tags.length * 10 + ref.members.length }),
        },
      },
    },
  },
  add => {
    add('sends lists of scalars and of objects as they are', {
      query: '{ teams { score } }',
      data: { teams: [{ score: 22 }, { score: 0 }] },
      requests: 2,
      asked: ({ scores }) => {
        expect(scores?.requests[0]?.variables['representations']).toEqual([
          { __typename: 'Team', tags: ['x', 'y'], members: [{ id: '1' }, { id: '2' }] },
          { __typename: 'Team', tags: [], members: [] },
        ]);
      },
    });
    add('keeps the selected part of a key under other aliases', {
      query: '{ teams { labels: tags people: members { key: id } score } }',
      data: {
        teams: [
          { labels: ['x', 'y'], people: [{ key: '1' }, { key: '2' }], score: 22 },
          { labels: [], people: [], score: 0 },
        ],
      },
      requests: 2,
    });
  },
);
