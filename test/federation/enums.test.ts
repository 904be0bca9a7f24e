import { federation } from '../support/federation-case.ts';

federation(
  'enums that differ by subgraph',
  {
    a: {
      typeDefs: `
        type Query { aState: State byLevel(level: Level!): String allStates: [State] item: Item }
        enum State { NEW OPEN }
        enum Level { LOW HIGH ONLY_A }
        enum Both { X Y @inaccessible }
        type Item @key(fields: "id") { id: ID! state: State both: Both }
      `,
      resolvers: {
        Query: {
          aState: () => 'NEW',
          byLevel: (_, { level }) => `a ${level}`,
          allStates: () => ['NEW', null, 'OPEN'],
          item: () => ({ id: '1', state: 'OPEN', both: 'Y' }),
        },
        Item: { __resolveReference: ref => ref },
      },
    },
    b: {
      typeDefs: `
        type Query { bState: State countLevel(levels: [Level!]!): Int }
        enum State { NEW CLOSED }
        enum Level { LOW HIGH ONLY_B }
        enum Both { X Y }
        type Item @key(fields: "id") { id: ID! previous: State sameAs(both: Both): Both }
      `,
      resolvers: {
        Query: { bState: () => 'CLOSED', countLevel: (_, { levels }) => levels.length },
        Item: { __resolveReference: ref => ref, previous: () => 'CLOSED', sameAs: (_, { both }) => both },
      },
    },
  },
  add => {
    add('unite their values where they are answers', {
      query: '{ aState bState allStates item { state previous } }',
      data: {
        aState: 'NEW',
        bState: 'CLOSED',
        allStates: ['NEW', null, 'OPEN'],
        item: { state: 'OPEN', previous: 'CLOSED' },
      },
      requests: 3,
    });
    add('intersect their values where they are arguments', {
      query: '{ byLevel(level: ONLY_A) }',
      data: undefined,
      errors: [{ code: 'GRAPHQL_VALIDATION_FAILED', path: null }],
      requests: 0,
    });
    add('refuse a variable that is outside the intersection', {
      query: 'query ($level: Level!) { byLevel(level: $level) }',
      variables: { level: 'ONLY_B' },
      data: undefined,
      errors: [{ code: 'BAD_USER_INPUT', path: null }],
      requests: 0,
    });
    add('are values of variables and of lists in variables', {
      query: 'query ($one: Level!, $many: [Level!]!) { byLevel(level: $one) countLevel(levels: $many) }',
      variables: { one: 'HIGH', many: ['LOW', 'HIGH', 'LOW'] },
      data: { byLevel: 'a HIGH', countLevel: 3 },
      requests: 2,
    });
    add('are null with an error where a subgraph returns an inaccessible value', {
      query: '{ item { id both } }',
      data: { item: { id: '1', both: null } },
      errors: [{ code: 'SUBGRAPH_BAD_RESPONSE', path: ['item', 'both'] }],
      requests: 1,
    });
    add('pass through an entity fetch as arguments', {
      query:
        'query ($both: Both) { item { sameAs(both: $both) literal: sameAs(both: X) none: sameAs(both: null) } }',
      variables: { both: 'X' },
      data: { item: { sameAs: 'X', literal: 'X', none: null } },
      requests: 2,
    });
  },
);
