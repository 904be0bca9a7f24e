import { GraphQLScalarType } from 'graphql';
import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

const json = new GraphQLScalarType({ name: 'JSON' });
/** Arguments in alphabetical order, as planners may write them in any. */
const echo = (_: unknown, args: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1))));

federation(
  'variables and arguments',
  {
    a: {
      typeDefs: `
        scalar JSON
        scalar DateTime
        type Query {
          find(filter: Filter, ids: [ID!], deep: [[Int]], limit: Int = 10, flag: Boolean, ratio: Float): String
          store(value: JSON, at: DateTime): JSON
          item: Item!
        }
        input Filter { text: String = "any" tags: [Tag!] and: [Filter!] range: Range kind: Kind = BIG }
        input Tag { name: String! weight: Int = 1 }
        input Range { from: Int to: Int onlyA: Int }
        enum Kind { BIG SMALL }
        type Item @key(fields: "id") { id: ID! }
      `,
      resolvers: {
        JSON: json,
        Query: { find: echo, store: (_, { value }) => value, item: () => ({ id: 1 }) },
      },
    },
    b: {
      typeDefs: `
        input Filter { text: String = "any" tags: [Tag!] range: Range kind: Kind = BIG }
        input Tag { name: String! weight: Int = 1 }
        input Range { from: Int to: Int }
        enum Kind { BIG SMALL }
        scalar JSON
        type Item @key(fields: "id") {
          id: ID!
          matches(filter: Filter!, limit: Int = 3): String
          raw(value: JSON): JSON
          rows: [Row!]!
        }
        type Row { cell(tags: [Tag!]!, n: Int): String }
      `,
      resolvers: {
        JSON: json,
        Item: {
          __resolveReference: ref => ref,
          matches: echo,
          raw: (_, { value }) => value,
          rows: () => [{}, {}],
        },
        Row: { cell: echo },
      },
    },
  },
  add => {
    add('take defaults of the schema where nothing is given', {
      query: '{ find item { matches(filter: {}) } }',
      data: {
        find: '{"limit":10}',
        item: { matches: '{"filter":{"text":"any","kind":"BIG"},"limit":3}' },
      },
      requests: 2,
    });
    add('take defaults of the operation where the client gives none', {
      query:
        'query ($n: Int = 7, $f: Filter = { text: "op", tags: [{ name: "t" }] }) { find(limit: $n, filter: $f) }',
      data: { find: '{"filter":{"text":"op","tags":[{"name":"t","weight":1}],"kind":"BIG"},"limit":7}' },
      requests: 1,
    });
    add('tell null from absent', {
      query:
        'query ($n: Int, $m: Int, $f: Boolean) { a: find(limit: $n, flag: $f) b: find(limit: $m) c: find(limit: null) }',
      variables: { n: null, f: null },
      data: { a: '{"flag":null,"limit":null}', b: '{"limit":10}', c: '{"limit":null}' },
      requests: 1,
    });
    add('tell null from absent in an entity fetch', {
      query: `query ($n: Int, $m: Int) { item { a: matches(filter: {}, limit: $n) b: matches(filter: {}, limit: $m) } }`,
      variables: { n: null },
      data: {
        item: {
          a: '{"filter":{"text":"any","kind":"BIG"},"limit":null}',
          b: '{"filter":{"text":"any","kind":"BIG"},"limit":3}',
        },
      },
      requests: 2,
    });
    add('are input objects in lists in input objects', {
      query:
        'query ($f: Filter) { find(filter: $f) item { matches(filter: { range: { from: 1 }, kind: SMALL }) } }',
      variables: { f: { tags: [{ name: 'x', weight: 2 }, { name: 'y' }], text: 'q', kind: 'SMALL' } },
      data: {
        find: '{"filter":{"text":"q","tags":[{"name":"x","weight":2},{"name":"y","weight":1}],"kind":"SMALL"},"limit":10}',
        item: { matches: '{"filter":{"text":"any","range":{"from":1},"kind":"SMALL"},"limit":3}' },
      },
      requests: 2,
    });
    add('are variables inside literal input objects and lists', {
      query: `query ($text: String, $w: Int, $id: ID!, $row: [Int]) {
        find(filter: { text: $text, tags: [{ name: "n", weight: $w }] }, ids: ["a", $id], deep: [$row, null, [2, null]])
      }`,
      variables: { text: 'T', w: 4, id: 5, row: [1] },
      data: {
        find: '{"deep":[[1],null,[2,null]],"filter":{"text":"T","tags":[{"name":"n","weight":4}],"kind":"BIG"},"ids":["a","5"],"limit":10}',
      },
      requests: 1,
    });
    add('become lists where one value is given for a list', {
      query: 'query ($id: [ID!], $deep: [[Int]]) { find(ids: $id, deep: $deep) other: find(ids: "z") }',
      variables: { id: 'one', deep: 4 },
      data: { find: '{"deep":[[4]],"ids":["one"],"limit":10}', other: '{"ids":["z"],"limit":10}' },
      requests: 1,
    });
    add('reach fields below entities', {
      query: 'query ($tags: [Tag!]!, $n: Int) { item { rows { cell(tags: $tags, n: $n) } } }',
      variables: { tags: [{ name: 'p' }], n: 8 },
      data: { item: { rows: Array(2).fill({ cell: '{"n":8,"tags":[{"name":"p","weight":1}]}' }) } },
      requests: 2,
    });
    add('are sent only to the subgraphs that use them', {
      query: 'query ($a: Int, $b: Int) { find(limit: $a) item { matches(filter: {}, limit: $b) } }',
      variables: { a: 1, b: 2 },
      data: { find: '{"limit":1}', item: { matches: '{"filter":{"text":"any","kind":"BIG"},"limit":2}' } },
      requests: 2,
      asked: ({ a, b }) => {
        expect(a?.requests[0]?.variables).toEqual({ a: 1 });
        expect(Object.keys(b?.requests[0]?.variables ?? {})).toHaveLength(2);
      },
    });
    add('carry custom scalars of any form', {
      query: `query ($v: JSON, $w: JSON) {
        o: store(value: $v) l: store(value: { a: [1, "x", null, { b: true }] }) n: store(value: 1.5) item { raw(value: $w) }
      }`,
      variables: { v: { deep: [{ __proto: 1, é: 'ü\u2028' }], big: 1e21 }, w: [1, [2, { three: null }]] },
      data: {
        o: { deep: [{ __proto: 1, é: 'ü\u2028' }], big: 1e21 },
        l: { a: [1, 'x', null, { b: true }] },
        n: 1.5,
        item: { raw: [1, [2, { three: null }]] },
      },
      requests: 2,
    });
    add('carry variables inside literals of custom scalars', {
      query: 'query ($n: Int) { store(value: { list: [$n], n: $n }) }',
      variables: { n: 3 },
      data: { store: { list: [3], n: 3 } },
      requests: 1,
    });
    add('may be called like variables that planners add', {
      query: `query ($representations: Int, $__batch_reps_0: Filter!) {
        item { matches(filter: $__batch_reps_0, limit: $representations) }
      }`,
      variables: { representations: 6, __batch_reps_0: { text: 'b' } },
      data: { item: { matches: '{"filter":{"text":"b","kind":"BIG"},"limit":6}' } },
      requests: 2,
    });
    add('may have names that all objects inherit', {
      query: 'query ($valueOf: Int, $constructor: Boolean) { find(limit: $valueOf, flag: $constructor) }',
      variables: { constructor: true },
      data: { find: '{"flag":true,"limit":10}' },
      requests: 1,
    });
    add('cannot have the name that would change the others', {
      query: 'query ($__proto__: Int) { find(limit: $__proto__) }',
      variables: { ['__proto__']: 3 },
      data: undefined,
      errors: [{ code: 'BAD_USER_INPUT', path: null }],
      requests: 0,
    });
    add('cannot use input fields that only one subgraph has', {
      query: '{ item { matches(filter: { range: { onlyA: 1 } }) } }',
      data: undefined,
      errors: [{ code: 'GRAPHQL_VALIDATION_FAILED', path: null }],
      requests: 0,
    });
    add('keep strings with escapes, line breaks and block form', {
      query:
        'query ($t: String) { a: find(filter: { text: """\n  two\n    lines "quoted"\n""" }) b: find(filter: { text: $t, kind: SMALL }) }',
      variables: { t: '\\"\n\u0000\ud83d\ude00' },
      data: {
        a: JSON.stringify({ filter: { text: 'two\n  lines "quoted"', kind: 'BIG' }, limit: 10 }),
        b: JSON.stringify({ filter: { text: '\\"\n\u0000\ud83d\ude00', kind: 'SMALL' }, limit: 10 }),
      },
      requests: 1,
    });
  },
);
