import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

const byId =
  (list: readonly { id: string }[]) =>
  ({ id }: { id: string }) =>
    list.find(item => item.id === id) ?? null;

const books = [
  { id: '1', title: 'Emma', shelf: { room: 'A', row: 1 } },
  { id: '2', title: 'Persuasion', shelf: { room: 'A', row: 2 } },
  { id: '3', title: 'Lost', shelf: null },
];

federation(
  'simple, composite and nested keys',
  {
    catalog: {
      typeDefs: `
        type Query { books: [Book!]! book(id: ID!): Book shelves: [Shelf!]! }
        type Book @key(fields: "id") { id: ID! title: String shelf: Shelf }
        type Shelf @key(fields: "room row") { room: String! row: Int! }
      `,
      resolvers: {
        Query: {
          books: () => books,
          book: (_: unknown, { id }: { id: string }) => byId(books)({ id }),
          shelves: () => [
            { room: 'A', row: 1 },
            { room: 'B', row: 9 },
          ],
        },
        Book: { __resolveReference: byId(books) },
      },
    },
    stock: {
      typeDefs: `
        type Book @key(fields: "id") { id: ID! copies: Int }
        type Shelf @key(fields: "room row") { room: String! row: Int! metres: Float keeper: Keeper }
        type Keeper @key(fields: "badge { office number }") { badge: Badge! phone: String }
        type Badge @shareable { office: String! number: Int! }
      `,
      resolvers: {
        Book: {
          __resolveReference: ({ id }: { id: string }) =>
            id === '2' ? null : { id, copies: Number(id) * 3 },
        },
        Shelf: {
          __resolveReference: ({ room, row }: { room: string; row: number }) => ({
            room,
            row,
            metres: row * 1.5,
            keeper: { badge: { office: room, number: row }, phone: `0-${row}` },
          }),
        },
      },
    },
    staff: {
      typeDefs: `
        type Keeper @key(fields: "badge { office number }") { badge: Badge! name: String }
        type Badge @shareable { office: String! number: Int! }
      `,
      resolvers: {
        Keeper: {
          __resolveReference: ({ badge }: { badge: { office: string; number: number } }) => ({
            badge,
            name: `${badge.office}${badge.number}`,
          }),
        },
      },
    },
  },
  add => {
    add('resolves an entity by a simple key', {
      query: '{ book(id: "1") { title copies } }',
      data: { book: { title: 'Emma', copies: 3 } },
      requests: 2,
    });
    add('leaves the fields of an entity null that the other subgraph does not know', {
      query: '{ books { id copies } }',
      data: {
        books: [
          { id: '1', copies: 3 },
          { id: '2', copies: null },
          { id: '3', copies: 9 },
        ],
      },
      requests: 2,
    });
    add('resolves an entity by a key of two fields', {
      query: '{ shelves { metres } }',
      data: { shelves: [{ metres: 1.5 }, { metres: 13.5 }] },
      requests: 2,
    });
    add('resolves an entity by a key inside an object', {
      query: '{ shelves { keeper { phone name } } }',
      data: {
        shelves: [{ keeper: { phone: '0-1', name: 'A1' } }, { keeper: { phone: '0-9', name: 'B9' } }],
      },
      requests: 3,
    });
    add('asks nobody about an entity that is null', {
      query: '{ book(id: "3") { shelf { metres } } }',
      data: { book: { shelf: null } },
      requests: 1,
    });
    add('asks nobody about a root entity that is not found', {
      query: '{ book(id: "9") { copies } }',
      data: { book: null },
      requests: 1,
    });
    add('asks for two entity types of one subgraph with one request', {
      query: '{ books { copies shelf { metres } } }',
      data: {
        books: [
          { copies: 3, shelf: { metres: 1.5 } },
          { copies: null, shelf: { metres: 3 } },
          { copies: 9, shelf: null },
        ],
      },
      requests: 2,
    });
    add('sends each entity once, whatever the number of places it stands at', {
      query: '{ books { copies } again: books { copies } book(id: "1") { copies } }',
      data: {
        books: [{ copies: 3 }, { copies: null }, { copies: 9 }],
        again: [{ copies: 3 }, { copies: null }, { copies: 9 }],
        book: { copies: 3 },
      },
      requests: 2,
      asked: ({ stock }) => {
        const sent = Object.values(stock?.requests[0]?.variables ?? {}).flat();
        expect(sent).toHaveLength(3);
      },
    });
  },
);
