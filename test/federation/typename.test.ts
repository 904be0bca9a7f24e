import { federation } from '../support/federation-case.ts';

federation(
  '__typename',
  {
    a: {
      typeDefs: `
        type Query { thing: Thing things: [Thing!]! node: Node plain: Plain }
        interface Node { id: ID! }
        type Thing implements Node @key(fields: "id") { id: ID! name: String }
        type Plain { text: String inner: Plain }
        type Mutation { touch: Thing }
      `,
      resolvers: {
        Query: {
          thing: () => ({ id: '1', name: 'one' }),
          things: () => [
            { id: '1', name: 'one' },
            { id: '2', name: 'two' },
          ],
          node: () => ({ __typename: 'Thing', id: '3' }),
          plain: () => ({ text: 'x', inner: { text: 'y' } }),
        },
        Mutation: { touch: () => ({ id: '4' }) },
      },
    },
    b: {
      typeDefs: 'type Thing @key(fields: "id") { id: ID! parts: [Part!]! } type Part { n: Int }',
      resolvers: { Thing: { __resolveReference: ref => ref, parts: () => [{ n: 1 }, { n: 2 }] } },
    },
  },
  add => {
    add('of the root needs no subgraph', {
      query: '{ __typename again: __typename }',
      data: { __typename: 'Query', again: 'Query' },
      requests: 0,
    });
    add('of the root stands beside data, also in fragments', {
      query:
        '{ thing { id } ...R ... on Query { y: __typename } ... { z: __typename } } fragment R on Query { x: __typename }',
      data: { thing: { id: '1' }, x: 'Query', y: 'Query', z: 'Query' },
      requests: 1,
    });
    add('of the root of a mutation is Mutation', {
      query: 'mutation { __typename touch { __typename id } }',
      data: { __typename: 'Mutation', touch: { __typename: 'Thing', id: '4' } },
      requests: 1,
    });
    add('is all that is asked of an object', {
      query: '{ thing { __typename } plain { inner { t: __typename } } }',
      data: { thing: { __typename: 'Thing' }, plain: { inner: { t: 'Plain' } } },
      requests: 1,
    });
    add('is aliased, twice, beside an entity fetch', {
      query: '{ things { t: __typename parts { __typename p: __typename } u: __typename } }',
      data: {
        things: ['1', '2'].map(() => ({
          t: 'Thing',
          parts: [
            { __typename: 'Part', p: 'Part' },
            { __typename: 'Part', p: 'Part' },
          ],
          u: 'Thing',
        })),
      },
      requests: 2,
    });
    add('of an interface is that of the object', {
      query:
        '{ node { __typename ... on Thing { deep: __typename parts { n } } ...N } } fragment N on Node { n: __typename }',
      data: { node: { __typename: 'Thing', deep: 'Thing', parts: [{ n: 1 }, { n: 2 }], n: 'Thing' } },
      requests: 2,
    });
    add('can be left out by a variable', {
      query: 'query ($no: Boolean!) { __typename @include(if: $no) node { __typename @skip(if: true) id } }',
      variables: { no: false },
      data: { node: { id: '3' } },
      requests: 1,
    });
    add('may be an alias of nothing else, but others may look like it', {
      query: '{ thing { _typename: name typename__: id __name: name parts { n } } }',
      data: { thing: { _typename: 'one', typename__: '1', __name: 'one', parts: [{ n: 1 }, { n: 2 }] } },
      requests: 2,
    });
    add('is no alias for a field of an object', {
      query: '{ thing { __typename: name parts { n } } }',
      data: { thing: { __typename: 'one', parts: [{ n: 1 }, { n: 2 }] } },
      requests: 2,
    });
    add('is no alias for a field of an interface', {
      query: '{ node { __typename: id ... on Thing { name } } }',
      data: { node: { __typename: '3', name: null } },
      requests: 1,
    });
  },
);
