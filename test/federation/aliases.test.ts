import { federation } from '../support/federation-case.ts';

const users: Record<string, { id: string; name: string; constructor: string }> = {
  '1': { id: '1', name: 'Ada', constructor: 'c1' },
  '2': { id: '2', name: 'Bob', constructor: 'c2' },
};
const posts = (id: string, first: number) => Array.from({ length: first }, (_, n) => ({ id: `${id}.${n}` }));

federation(
  'aliases',
  {
    users: {
      typeDefs: `
        type Query { user(id: ID!): User users: [User!]! }
        type User @key(fields: "id") {
          id: ID! name: String constructor: String toString: Int hasOwnProperty: Boolean valueOf: [Part!]!
        }
        type Part { isPrototypeOf: Int }
      `,
      resolvers: {
        Query: { user: (_, { id }) => users[id] ?? null, users: () => Object.values(users) },
        User: {
          __resolveReference: ({ id }) => users[id],
          toString: () => 5,
          hasOwnProperty: () => true,
          valueOf: () => [{ isPrototypeOf: 6 }],
        },
      },
    },
    posts: {
      typeDefs: `
        type User @key(fields: "id") { id: ID! posts(first: Int = 1): [Post!]! slug(of: String): String }
        type Post @key(fields: "id") { id: ID! }
      `,
      resolvers: {
        User: {
          __resolveReference: ref => ref,
          posts: ({ id }, { first }) => posts(id, first),
          slug: ({ id }, { of }) => `${id}-${of}`,
        },
      },
    },
    meta: {
      typeDefs: `
        type User @key(fields: "id") { id: ID! name: String @external greeting: String @requires(fields: "name") }
        type Post @key(fields: "id") { id: ID! price: Int upc: String }
      `,
      resolvers: {
        User: { __resolveReference: ref => ref, greeting: ({ name }) => `Hi ${name}` },
        Post: { __resolveReference: ref => ref, price: ({ id }) => id.length, upc: ({ id }) => `upc ${id}` },
      },
    },
  },
  add => {
    add('may have the name of a key', {
      query: '{ user(id: 1) { id: name posts { upc: price id: upc } } }',
      data: { user: { id: 'Ada', posts: [{ upc: 3, id: 'upc 1.0' }] } },
      requests: 3,
    });
    add('may have the name of a required field', {
      query: '{ user(id: 1) { name: id greeting } }',
      data: { user: { name: '1', greeting: 'Hi Ada' } },
      requests: 2,
    });
    add('may change the names of a key and a required field around', {
      query: '{ users { name: id id: name greeting posts: slug(of: "x") } }',
      data: {
        users: [
          { name: '1', id: 'Ada', greeting: 'Hi Ada', posts: '1-x' },
          { name: '2', id: 'Bob', greeting: 'Hi Bob', posts: '2-x' },
        ],
      },
      requests: 3,
    });
    add('may look like what planners write', {
      query: `{ _entities: users { representations: name _e0: greeting __alias_0: slug _internal_qp_alias_0: id
        __batch_reps_0: posts { _entities: price _0: upc } w0_id: constructor } }`,
      data: {
        _entities: ['1', '2'].map(id => ({
          representations: users[id]?.name,
          _e0: `Hi ${users[id]?.name}`,
          __alias_0: `${id}-undefined`,
          _internal_qp_alias_0: id,
          __batch_reps_0: [{ _entities: 3, _0: `upc ${id}.0` }],
          w0_id: `c${id}`,
        })),
      },
      requests: 4,
    });
    add('may have names that all objects inherit', {
      query: `{ constructor: user(id: 1) { __proto__: name toString: id hasOwnProperty: slug(of: "h")
        valueOf: posts { __proto__: upc constructor: price } } __proto__: user(id: 2) { isPrototypeOf: greeting } }`,
      data: {
        constructor: {
          ['__proto__']: 'Ada',
          toString: '1',
          hasOwnProperty: '1-h',
          valueOf: [{ ['__proto__']: 'upc 1.0', constructor: 3 }],
        },
        ['__proto__']: { isPrototypeOf: 'Hi Bob' },
      },
      requests: 4,
    });
    add('are not needed for fields with names that all objects inherit', {
      query: '{ user(id: 1) { constructor toString hasOwnProperty valueOf { isPrototypeOf } greeting } }',
      data: {
        user: {
          constructor: 'c1',
          toString: 5,
          hasOwnProperty: true,
          valueOf: [{ isPrototypeOf: 6 }],
          greeting: 'Hi Ada',
        },
      },
      requests: 2,
    });
    add('tell one field with different arguments apart', {
      query: '{ user(id: 1) { one: posts(first: 1) { id } two: posts(first: 2) { id } posts { id } } }',
      data: { user: { one: posts('1', 1), two: posts('1', 2), posts: posts('1', 1) } },
      requests: 2,
    });
    add('have a meaning of their own at every place where one entity stands', {
      query: '{ a: user(id: 1) { x: posts(first: 1) { id } } b: user(id: 1) { x: posts(first: 2) { id } } }',
      data: { a: { x: posts('1', 1) }, b: { x: posts('1', 2) } },
      requests: 2,
    });
    add('have a meaning of their own at different depths', {
      query: `query ($n: Int) { a: user(id: 1) { x: slug(of: "deep") }
        users { x: posts(first: $n) { x: upc } y: slug(of: "deep") } b: user(id: 2) { y: posts { y: price } } }`,
      variables: { n: 2 },
      data: {
        a: { x: '1-deep' },
        users: ['1', '2'].map(id => ({
          x: posts(id, 2).map(post => ({ x: `upc ${post.id}` })),
          y: `${id}-deep`,
        })),
        b: { y: [{ y: 3 }] },
      },
      requests: 3,
    });
    add('repeat one field under several names', {
      query: '{ a: user(id: 1) { n: name m: name g: greeting h: greeting } b: user(id: 1) { name } }',
      data: { a: { n: 'Ada', m: 'Ada', g: 'Hi Ada', h: 'Hi Ada' }, b: { name: 'Ada' } },
      requests: 2,
    });
    add('make an entity that is also asked for by its own names', {
      query: '{ user(id: 1) { posts { price } } other: user(id: 1) { posts: posts(first: 3) { price } } }',
      data: { user: { posts: [{ price: 3 }] }, other: { posts: [{ price: 3 }, { price: 3 }, { price: 3 }] } },
      requests: 3,
    });
  },
);
