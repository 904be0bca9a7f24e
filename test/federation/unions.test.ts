import { federation } from '../support/federation-case.ts';

federation(
  'unions whose members differ by subgraph',
  {
    search: {
      typeDefs: `
        type Query { search: [Result!]! top: Result either: Shared @shareable }
        union Result = Book | Film
        type Book @key(fields: "id") { id: ID! pages: Int }
        type Film @key(fields: "id") { id: ID! minutes: Int }
        union Shared = Book | Film
      `,
      resolvers: {
        Query: {
          search: () => [
            { __typename: 'Book', id: 'b1', pages: 10 },
            { __typename: 'Film', id: 'f1', minutes: 90 },
          ],
          top: () => ({ __typename: 'Film', id: 'f1', minutes: 90 }),
          either: () => ({ __typename: 'Book', id: 'b9', pages: 9 }),
        },
        Book: { __resolveReference: ({ id }) => ({ id, pages: 10 }) },
      },
    },
    store: {
      typeDefs: `
        type Query { offers: [Offer!]! either: Shared @shareable bundle: Bundle }
        union Offer = Book | Game
        union Shared = Book | Game
        type Book @key(fields: "id") { id: ID! price: Int related: [Offer!]! }
        type Film @key(fields: "id") { id: ID! price: Int }
        type Game { level: Int }
        type Bundle { inside: [[Offer]] }
      `,
      resolvers: {
        Query: {
          offers: () => [
            { __typename: 'Game', level: 3 },
            { __typename: 'Book', id: 'b2' },
          ],
          either: () => ({ __typename: 'Book', id: 'b9' }),
          bundle: () => ({
            inside: [[{ __typename: 'Book', id: 'b3' }, null], null, [{ __typename: 'Game', level: 1 }]],
          }),
        },
        Book: {
          __resolveReference: ref => ref,
          price: () => 5,
          related: ({ id }) => [
            { __typename: 'Game', level: 7 },
            { __typename: 'Book', id: `${id}+` },
          ],
        },
        Film: { __resolveReference: ref => ref, price: () => 8 },
      },
    },
  },
  add => {
    add('asks for the members that have more elsewhere, all with one request', {
      query: '{ search { ... on Book { price } ... on Film { price minutes } } }',
      data: { search: [{ price: 5 }, { price: 8, minutes: 90 }] },
      requests: 2,
    });
    add('asks nobody else for members that are not there', {
      query: '{ top { ... on Book { price } ... on Film { minutes } } }',
      data: { top: { minutes: 90 } },
      requests: 1,
    });
    add('selects members that the answering subgraph does not know', {
      query: '{ either { __typename ... on Book { pages } ... on Game { level } } }',
      data: { either: { __typename: 'Book', pages: 9 } },
      requests: 1,
    });
    add('knows the type of each member', {
      query: '{ offers { kind: __typename ... on Book { pages } ... on Game { level } } }',
      data: {
        offers: [
          { kind: 'Game', level: 3 },
          { kind: 'Book', pages: 10 },
        ],
      },
      requests: 2,
    });
    add('answers empty objects for members of which nothing is selected', {
      query: '{ offers { ... on Book { id } } }',
      data: { offers: [{}, { id: 'b2' }] },
      requests: 1,
    });
    add('goes on from a member to a union of the other subgraph', {
      query: '{ search { ... on Book { related { ... on Game { level } ... on Book { pages price } } } } }',
      data: { search: [{ related: [{ level: 7 }, { pages: 10, price: 5 }] }, {}] },
      requests: 3,
    });
    add('takes a union that both subgraphs have from one of them', {
      query: '{ either { ... on Book { id } } }',
      data: { either: { id: 'b9' } },
      requests: 1,
    });
    add('reaches members inside lists of lists', {
      query: '{ bundle { inside { __typename ... on Book { pages } ... on Game { level } } } }',
      data: {
        bundle: {
          inside: [[{ __typename: 'Book', pages: 10 }, null], null, [{ __typename: 'Game', level: 1 }]],
        },
      },
      requests: 2,
    });
  },
);
