import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

federation(
  '@inaccessible',
  {
    a: {
      typeDefs: `
        type Query { user: User pets: [Pet] pet: Pet beings: [Being!]! hidden: String @inaccessible one: Being! }
        type User @key(fields: "id") @key(fields: "uuid") { id: ID! uuid: ID! @inaccessible secret: String @inaccessible name: String }
        union Pet = Dog | Spy
        type Dog { bark: String }
        type Spy @inaccessible { code: Int }
        interface Being { name: String }
        type Human implements Being { name: String }
        type Ghost implements Being @inaccessible { name: String }
      `,
      resolvers: {
        Query: {
          user: () => ({ id: '1', uuid: 'uu1', secret: 'sh', name: 'Ada' }),
          pets: () => [
            { __typename: 'Dog', bark: 'wuff' },
            { __typename: 'Spy', code: 7 },
          ],
          pet: () => ({ __typename: 'Spy', code: 7 }),
          beings: () => [
            { __typename: 'Human', name: 'h' },
            { __typename: 'Ghost', name: 'g' },
          ],
          one: () => ({ __typename: 'Ghost', name: 'g' }),
        },
      },
    },
    b: {
      typeDefs: `
        type User @key(fields: "uuid") {
          uuid: ID!
          secret: String @external
          badge: String
          derived: String @requires(fields: "secret")
        }
      `,
      resolvers: {
        User: {
          __resolveReference: ref => ref,
          badge: ({ uuid }) => `badge ${uuid}`,
          derived: ({ secret }) => `from ${secret}`,
        },
      },
    },
  },
  add => {
    add('fields serve as keys all the same', {
      query: '{ user { name badge } }',
      data: { user: { name: 'Ada', badge: 'badge uu1' } },
      requests: 2,
    });
    add('fields serve as requirements all the same', {
      query: '{ user { derived } }',
      data: { user: { derived: 'from sh' } },
      requests: 2,
    });
    add('fields cannot be selected', {
      query: '{ user { secret } }',
      data: undefined,
      errors: [{ code: 'GRAPHQL_VALIDATION_FAILED', path: null }],
      requests: 0,
    });
    add('fields may lend clients their names as aliases', {
      query: '{ user { uuid: name secret: id derived badge } }',
      data: { user: { uuid: 'Ada', secret: '1', derived: 'from sh', badge: 'badge uu1' } },
      requests: 2,
    });
    add('members of unions are null with an error at their place in a list', {
      query: '{ pets { __typename ... on Dog { bark } } }',
      data: { pets: [{ __typename: 'Dog', bark: 'wuff' }, null] },
      errors: [{ code: 'SUBGRAPH_BAD_RESPONSE', path: ['pets', 1] }],
      requests: 1,
    });
    add('members of unions are not named even where only the type name is asked for', {
      query: '{ pet { __typename } }',
      data: { pet: null },
      errors: [{ code: 'SUBGRAPH_BAD_RESPONSE', path: ['pet'] }],
      requests: 1,
    });
    add('members of unions are null where only other members are selected', {
      query: '{ pet { ... on Dog { bark } } }',
      data: { pet: null },
      errors: [{ code: 'SUBGRAPH_BAD_RESPONSE', path: ['pet'] }],
      requests: 1,
    });
    add('implementations take a list along whose elements are never null', {
      query: '{ user { id } beings { name } }',
      data: null,
      errors: [{ code: 'SUBGRAPH_BAD_RESPONSE', path: ['beings', 1] }],
      requests: 1,
    });
    add('types are not found by introspection', {
      query: '{ spy: __type(name: "Spy") { name } user: __type(name: "User") { fields { name } } }',
      data: {
        spy: null,
        user: { fields: [{ name: 'id' }, { name: 'name' }, { name: 'badge' }, { name: 'derived' }] },
      },
      requests: 0,
      asked: ({ a }) => expect(a?.requests).toEqual([]),
    });
  },
);
