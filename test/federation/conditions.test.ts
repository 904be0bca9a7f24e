import { federation } from '../support/federation-case.ts';

federation(
  '@skip and @include',
  {
    a: {
      typeDefs: `
        type Query { item: Item items: [Item!]! other: String node: Node }
        interface Node { id: ID! }
        type Item implements Node @key(fields: "id") { id: ID! name: String size: Int }
      `,
      resolvers: {
        Query: {
          item: () => ({ id: '1', name: 'one', size: 4 }),
          items: () => [
            { id: '1', name: 'one', size: 4 },
            { id: '2', name: 'two', size: 5 },
          ],
          other: () => 'other',
          node: () => ({ __typename: 'Item', id: '3' }),
        },
      },
    },
    b: {
      typeDefs: `
        type Item @key(fields: "id") {
          id: ID!
          size: Int @external
          price: Int
          total: Int @requires(fields: "size")
          maker: Maker
        }
        type Maker { name: String city: String }
      `,
      resolvers: {
        Item: {
          __resolveReference: ref => ref,
          price: ({ id }) => Number(id) * 10,
          total: ({ size }) => size * 2,
          maker: () => ({ name: 'm', city: 'c' }),
        },
      },
    },
  },
  add => {
    add('leave out what a literal says', {
      query: '{ item { id @skip(if: true) name price @include(if: false) } other @include(if: true) }',
      data: { item: { name: 'one' }, other: 'other' },
      requests: 1,
    });
    for (const on of [true, false]) {
      add(`choose a field of another subgraph by a variable that is ${on}`, {
        query: 'query ($on: Boolean!) { item { name price @include(if: $on) } }',
        variables: { on },
        data: { item: { name: 'one', ...(on ? { price: 10 } : {}) } },
        requests: on ? 2 : 1,
      });
      add(`choose a fragment by a variable that is ${on}`, {
        query: `query ($on: Boolean!) { items { ...F @skip(if: $on) ... @include(if: $on) { total } } }
          fragment F on Item { name maker { city } }`,
        variables: { on },
        data: {
          items: on
            ? [{ total: 8 }, { total: 10 }]
            : [
                { name: 'one', maker: { city: 'c' } },
                { name: 'two', maker: { city: 'c' } },
              ],
        },
        requests: 2,
      });
      add(`choose a field in one place and always have it in another, variable ${on}`, {
        query: `query ($on: Boolean!) { item { price @include(if: $on) maker { name @include(if: $on) } ...M } items { price } }
          fragment M on Item { maker { city } }`,
        variables: { on },
        data: {
          item: { ...(on ? { price: 10 } : {}), maker: { ...(on ? { name: 'm' } : {}), city: 'c' } },
          items: [{ price: 10 }, { price: 20 }],
        },
        requests: 2,
      });
      add(`have a field that is conditional and unconditional in one place, variable ${on}`, {
        query:
          'query ($on: Boolean!) { item { price @include(if: $on) ... on Item { price } name @skip(if: $on) name } }',
        variables: { on },
        data: { item: { price: 10, name: 'one' } },
        requests: 2,
      });
      add(`leave out a whole root field, variable ${on}`, {
        query: 'query ($on: Boolean!) { item @include(if: $on) { price } other }',
        variables: { on },
        data: { ...(on ? { item: { price: 10 } } : {}), other: 'other' },
        requests: on ? 2 : 1,
      });
      add(`leave out the whole operation, variable ${on}`, {
        query: 'query ($on: Boolean!) { item @include(if: $on) { price } other @include(if: $on) }',
        variables: { on },
        data: on ? { item: { price: 10 }, other: 'other' } : {},
        requests: { native: on ? 2 : 1, apollo: on ? 2 : 0 },
      });
    }
    for (const [a, b] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ]) {
      add(`nest conditions of two variables, ${a} and ${b}`, {
        query: `query ($a: Boolean!, $b: Boolean!) {
          item { id ... @include(if: $a) { name ... on Item @skip(if: $b) { total price @include(if: $a) @skip(if: $b) } } }
        }`,
        variables: { a, b },
        data: {
          item: { id: '1', ...(a ? { name: 'one' } : {}), ...(a && !b ? { total: 8, price: 10 } : {}) },
        },
        requests: { native: a && !b ? 3 : 1, apollo: a && !b ? 2 : 1 },
      });
      add(`join conditions of two places, ${a} and ${b}`, {
        query: `query ($a: Boolean!, $b: Boolean!) {
          item { name maker @include(if: $a) { name } maker @include(if: $b) { city } }
        }`,
        variables: { a, b },
        data: {
          item: {
            name: 'one',
            ...(a || b ? { maker: { ...(a ? { name: 'm' } : {}), ...(b ? { city: 'c' } : {}) } } : {}),
          },
        },
        requests: 2,
      });
    }
    add('leave out everything below an object', {
      query: 'query ($no: Boolean!) { item { maker { name @include(if: $no) } name @include(if: $no) } }',
      variables: { no: false },
      data: { item: { maker: {} } },
      requests: 2,
    });
    add('leave out everything by literals', {
      query: '{ item @skip(if: true) { id } ... @include(if: false) { other } }',
      data: {},
      requests: 0,
    });
    add('leave out everything below an object by literals', {
      query: '{ item { name @skip(if: true) } }',
      data: { item: {} },
      requests: 1,
    });
    add('use the default of a variable', {
      query:
        'query ($on: Boolean = true, $off: Boolean! = false) { item { price @include(if: $on) total @include(if: $off) } }'.replace(
          '$on: Boolean =',
          '$on: Boolean! =',
        ),
      data: { item: { price: 10 } },
      requests: 2,
    });
    add('keep a field for the requirement of another although the client leaves it out', {
      query: 'query ($no: Boolean!) { item { size @include(if: $no) id @include(if: $no) total } }',
      variables: { no: false },
      data: { item: { total: 8 } },
      requests: 2,
    });
    add('choose implementations of an interface', {
      query: 'query ($on: Boolean!) { node { id @skip(if: $on) ... on Item @include(if: $on) { price } } }',
      variables: { on: true },
      data: { node: { price: 30 } },
      requests: 2,
    });
    add('take a variable that is used as an argument elsewhere', {
      query: 'query ($on: Boolean!) { item { price @include(if: $on) } __typename @skip(if: $on) }',
      variables: { on: true },
      data: { item: { price: 10 } },
      requests: 2,
    });
  },
);
