import { federation } from '../support/federation-case.ts';

federation(
  'introspection',
  {
    a: {
      typeDefs: `
        type Query { user(id: ID = "7"): User }
        "Somebody."
        type User @key(fields: "id") { id: ID! name: String old: String @deprecated(reason: "use name") }
      `,
      resolvers: { Query: { user: (_, { id }) => ({ id, name: 'Ada' }) } },
    },
    b: {
      typeDefs: 'type User @key(fields: "id") { id: ID! age: Int }',
      resolvers: { User: { __resolveReference: ref => ref, age: () => 36 } },
    },
  },
  add => {
    add('stands beside data of subgraphs', {
      query: '{ user { age } __type(name: "User") { name kind description } }',
      data: { user: { age: 36 }, __type: { name: 'User', kind: 'OBJECT', description: 'Somebody.' } },
      requests: 2,
    });
    add('takes the name of the type from a variable', {
      query: 'query ($v: String!) { __type(name: $v) { name } }',
      variables: { v: 'User' },
      data: { __type: { name: 'User' } },
      requests: 0,
    });
    add('is asked twice under aliases', {
      query:
        '{ one: __type(name: "User") { name } two: __type(name: "Nothing") { name } user: __type(name: "Int") { name } }',
      data: { one: { name: 'User' }, two: null, user: { name: 'Int' } },
      requests: 0,
    });
    add('has aliases with names of keys', {
      query:
        '{ __type(name: "User") { id: name age: fields(includeDeprecated: true) { id: name name: isDeprecated } } }',
      data: {
        __type: {
          id: 'User',
          age: [
            { id: 'id', name: false },
            { id: 'name', name: false },
            { id: 'old', name: true },
            { id: 'age', name: false },
          ],
        },
      },
      requests: 0,
    });
    add('has one field twice with different arguments', {
      query: '{ __type(name: "User") { fields { name } all: fields(includeDeprecated: true) { name } } }',
      data: {
        __type: {
          fields: [{ name: 'id' }, { name: 'name' }, { name: 'age' }],
          all: [{ name: 'id' }, { name: 'name' }, { name: 'old' }, { name: 'age' }],
        },
      },
      requests: 0,
    });
    add('has aliases that all objects inherit', {
      query: '{ __proto__: __type(name: "User") { constructor: name __proto__: kind toString: __typename } }',
      data: { ['__proto__']: { constructor: 'User', ['__proto__']: 'OBJECT', toString: '__Type' } },
      requests: 0,
    });
    add('comes in fragments that data comes in, too', {
      query: `query { ...Both }
        fragment Both on Query { user { name } __schema { ...S queryType { fields { args { name defaultValue } } } } }
        fragment S on __Schema { queryType { name } }`,
      data: {
        user: { name: 'Ada' },
        __schema: { queryType: { name: 'Query', fields: [{ args: [{ name: 'id', defaultValue: '7' }] }] } },
      },
      requests: 1,
    });
    add('is left out by a variable', {
      query: 'query ($no: Boolean!) { __schema @include(if: $no) { queryType { name } } user { name } }',
      variables: { no: false },
      data: { user: { name: 'Ada' } },
      requests: 1,
    });
    add('hides what only composition knows', {
      query:
        '{ a: __type(name: "join__Graph") { name } b: __type(name: "_Entity") { name } c: __type(name: "link__Import") { name } }',
      data: { a: null, b: null, c: null },
      requests: 0,
    });
  },
);
