import { federation } from '../support/federation-case.ts';

const user = (id: string) => ({
  id,
  name: `user ${id}`,
  address: { city: `city ${id}`, street: `street ${id}` },
});

federation(
  '@provides',
  {
    users: {
      typeDefs: `
        type Query { me: User }
        type User @key(fields: "id") { id: ID! name: String! @shareable address: Address @shareable age: Int }
        type Address @shareable { city: String! street: String! }
        interface Actor { id: ID! }
        type Bot implements Actor @key(fields: "id") { id: ID! model: String @shareable vendor: String }
        type Human implements Actor @key(fields: "id") { id: ID! motto: String @shareable }
      `,
      resolvers: {
        Query: { me: () => user('7') },
        User: { __resolveReference: ({ id }) => ({ ...user(id), age: Number(id) }) },
        Bot: { __resolveReference: ({ id }) => ({ id, model: `model ${id}`, vendor: `vendor ${id}` }) },
        Human: { __resolveReference: ({ id }) => ({ id, motto: `motto ${id}` }) },
      },
    },
    reviews: {
      typeDefs: `
        type Query {
          reviews: [Review!]! @provides(fields: "author { name }")
          latest: Review
          deep: Thread @provides(fields: "first { author { address { city } } }")
          actors: [Actor!]! @provides(fields: "... on Bot { model }")
          party: Party @provides(fields: "... on Bot { model } ... on Human { motto }")
          plainActors: [Actor!]!
        }
        type Thread { first: Review second: Review }
        type Review @key(fields: "id") { id: ID! text: String author: User! }
        type User @key(fields: "id") { id: ID! name: String! @external address: Address @external }
        type Address { city: String! @external }
        interface Actor { id: ID! }
        type Bot implements Actor @key(fields: "id") { id: ID! model: String @external }
        type Human implements Actor @key(fields: "id") { id: ID! motto: String @external }
        union Party = Bot | Human
      `,
      resolvers: {
        Query: {
          reviews: () => [
            { id: 'r1', text: 'good', author: { id: '1', name: 'provided 1' } },
            { id: 'r2', text: 'bad', author: { id: '2', name: 'provided 2' } },
          ],
          latest: () => ({ id: 'r3', text: 'so so', author: { id: '3' } }),
          deep: () => ({
            first: { id: 'r4', author: { id: '4', address: { city: 'provided 4' } } },
            second: { id: 'r5', author: { id: '5' } },
          }),
          actors: () => [
            { __typename: 'Bot', id: 'b1', model: 'provided b1' },
            { __typename: 'Human', id: 'h1' },
          ],
          party: () => ({ __typename: 'Human', id: 'h2', motto: 'provided h2' }),
          plainActors: () => [
            { __typename: 'Bot', id: 'b1' },
            { __typename: 'Human', id: 'h1' },
          ],
        },
      },
    },
  },
  add => {
    add('takes a provided field from where it is provided', {
      query: '{ reviews { text author { name } } }',
      data: {
        reviews: [
          { text: 'good', author: { name: 'provided 1' } },
          { text: 'bad', author: { name: 'provided 2' } },
        ],
      },
      requests: 1,
    });
    add('asks for what is not provided at another path', {
      query: '{ latest { author { name } } }',
      data: { latest: { author: { name: 'user 3' } } },
      requests: 2,
    });
    add('asks for the fields beside the provided one only', {
      query: '{ reviews { author { name age } } }',
      data: {
        reviews: [{ author: { name: 'provided 1', age: 1 } }, { author: { name: 'provided 2', age: 2 } }],
      },
      requests: 2,
    });
    add('takes a provided field of an object inside an entity', {
      query: '{ deep { first { author { address { city } } } } }',
      data: { deep: { first: { author: { address: { city: 'provided 4' } } } } },
      requests: 1,
    });
    add('does not take as provided what stands beside the provided path', {
      query: '{ deep { first { author { address { city } } } second { author { address { city } } } } }',
      data: {
        deep: {
          first: { author: { address: { city: 'provided 4' } } },
          second: { author: { address: { city: 'city 5' } } },
        },
      },
      requests: 2,
    });
    add('completes an object of which a part is provided', {
      query: '{ deep { first { author { address { street } name } } } }',
      data: { deep: { first: { author: { address: { street: 'street 4' }, name: 'user 4' } } } },
      requests: 2,
    });
    add('takes what is provided for an implementation of an interface', {
      query: '{ actors { id ... on Bot { model } } }',
      data: { actors: [{ id: 'b1', model: 'provided b1' }, { id: 'h1' }] },
      requests: 1,
    });
    add('asks for the implementation for which nothing is provided', {
      query: '{ actors { ... on Bot { model } ... on Human { motto } } }',
      data: { actors: [{ model: 'provided b1' }, { motto: 'motto h1' }] },
      requests: 2,
    });
    add('takes what is provided for members of a union', {
      query: '{ party { ... on Human { motto } ... on Bot { model } } }',
      data: { party: { motto: 'provided h2' } },
      requests: 1,
    });
    add('asks for unprovided fields of the same implementations elsewhere', {
      query: '{ plainActors { ... on Bot { model vendor } ... on Human { motto } } }',
      data: { plainActors: [{ model: 'model b1', vendor: 'vendor b1' }, { motto: 'motto h1' }] },
      requests: 2,
    });
  },
);
