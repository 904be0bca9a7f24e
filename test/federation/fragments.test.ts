import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

const bomb = (levels: number): string => {
  const fragments = Array.from(
    { length: levels },
    (_, n) => `fragment F${n} on User { a${n}: name ...F${n + 1} ...F${n + 1} ... { ...F${n + 1} } }`,
  );
  return `{ user { ...F0 } } ${fragments.join(' ')} fragment F${levels} on User { age }`;
};
const deepBomb = (levels: number): string => {
  const fragments = Array.from(
    { length: levels },
    (_, n) => `fragment G${n} on User { friend { ...G${n + 1} } best: friend { ...G${n + 1} } }`,
  );
  return `{ user { ...G0 } } ${fragments.join(' ')} fragment G${levels} on User { age }`;
};
const nest = (levels: number): object =>
  levels === 0 ? { age: 36 } : { friend: nest(levels - 1), best: nest(levels - 1) };

federation(
  'fragments and documents',
  {
    a: {
      typeDefs: `
        type Query { user: User! node: Node! nodes: [Node!]! }
        interface Node { id: ID! }
        interface Named implements Node { id: ID! name: String }
        type User implements Node & Named @key(fields: "id") { id: ID! name: String friend: User! }
        type Robot implements Node @key(fields: "id") { id: ID! model: Int }
      `,
      resolvers: {
        Query: {
          user: () => ({ id: '1', name: 'Ada' }),
          node: () => ({ __typename: 'User', id: '1', name: 'Ada' }),
          nodes: () => [
            { __typename: 'User', id: '1', name: 'Ada' },
            { __typename: 'Robot', id: 'r', model: 2 },
          ],
        },
        User: { friend: () => ({ id: '1', name: 'Ada' }) },
      },
    },
    b: {
      typeDefs: `
        type User @key(fields: "id") { id: ID! age: Int }
        type Robot @key(fields: "id") { id: ID! fuel: Int }
      `,
      resolvers: {
        User: { __resolveReference: ref => ref, age: () => 36 },
        Robot: { __resolveReference: ref => ref, fuel: () => 80 },
      },
    },
  },
  add => {
    add('spread inside each other', {
      query: `{ user { ...A } } fragment A on User { name ...B friend { ...B ... on User { ...C } } }
        fragment B on User { age ...C } fragment C on User { id }`,
      data: { user: { name: 'Ada', age: 36, id: '1', friend: { age: 36, id: '1' } } },
      requests: 2,
    });
    add('merge the selections of one object', {
      query:
        '{ user { friend { name } ...A ... on User { friend { id friend { age } } } } user { age } } fragment A on User { friend { friend { name } } }',
      data: { user: { friend: { name: 'Ada', friend: { name: 'Ada', age: 36 }, id: '1' }, age: 36 } },
      requests: 2,
    });
    add('apply through interfaces of interfaces', {
      query:
        '{ nodes { id ... on Named { name ... on User { age } } ...R } } fragment R on Robot { model fuel ... on Node { again: id } }',
      data: {
        nodes: [
          { id: '1', name: 'Ada', age: 36 },
          { id: 'r', model: 2, fuel: 80, again: 'r' },
        ],
      },
      requests: 2,
    });
    add('may be of wider types than their place', {
      query:
        '{ user { ... on Node { id ... on Named { name ... on Robot { model } } } ... on Named { ... on User { age } } } }',
      data: undefined,
      errors: [{ code: 'GRAPHQL_VALIDATION_FAILED', path: null }],
      requests: 0,
    });
    add('narrow and widen again', {
      query: '{ user { ... on Node { id ... on Named { name ... on Node { ... on User { age } } } } } }',
      data: { user: { id: '1', name: 'Ada', age: 36 } },
      requests: 2,
    });
    add('are inline without a type', {
      query: '{ ... { user { ... { name ... @include(if: true) { age } } } } }',
      data: { user: { name: 'Ada', age: 36 } },
      requests: 2,
    });
    add('on the root spread twice ask once', {
      query: '{ ...Q ...Q ... on Query { ...Q } } fragment Q on Query { user { age } }',
      data: { user: { age: 36 } },
      requests: 2,
    });
    add('are answered when they treble at each of 5 levels', {
      query: bomb(5),
      data: {
        user: { ...Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`a${n}`, 'Ada'])), age: 36 },
      },
      requests: 2,
    });
    add('are refused before anything is planned when they treble at each of 25 levels', {
      query: bomb(25),
      data: undefined,
      errors: [{ code: 'DOCUMENT_LIMIT_EXCEEDED', path: null }],
      requests: 0,
    });
    add('cost as much as the answer has places when they double below each other', {
      query: deepBomb(6),
      data: { user: nest(6) },
      requests: 2,
      asked: ({ b }) => expect(Object.values(b?.requests[0]?.variables ?? {}).flat()).toHaveLength(1),
    });
    add('may go unused where several operations share a document', {
      query: 'query One { user { ...X } } fragment X on User { name age }',
      data: { user: { name: 'Ada', age: 36 } },
      requests: 2,
    });
    add('give the fields in the order in which they first come', {
      query: '{ user { ...A id name } } fragment A on User { age name }',
      data: { user: { age: 36, name: 'Ada', id: '1' } },
      requests: 2,
    });
  },
);
