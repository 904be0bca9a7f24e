import { federation } from '../support/federation-case.ts';

const fail = (): never => {
  throw new Error('no');
};

federation(
  'nulls and errors',
  {
    a: {
      typeDefs: `
        type Query {
          shop: Shop
          strict: Shop!
          items: [Item]
          strictItems: [Item!]
          allStrict: [Item!]!
          grid: [[Item!]]
          broken: Item
          brokenList: [Item!]!
          numbers: [Int!]
          sparse: [Int]
          half: Half
          halves: [Half!]
          owners: [Owner]
          wrong: Item
        }
        type Shop @key(fields: "id") { id: ID! items: [Item!]! best: Item name: String! }
        type Item @key(fields: "id") { id: ID! title: String }
        type Half { good: Int bad: Int! }
        interface Owner { id: ID! }
        type Firm implements Owner @key(fields: "id") { id: ID! }
        type Person implements Owner @key(fields: "id") { id: ID! }
      `,
      resolvers: {
        Query: {
          shop: () => ({ id: 's', name: 'S', items: [{ id: '1' }, { id: 'bad' }], best: { id: 'bad' } }),
          strict: () => ({ id: 'bad', name: 'S', items: [] }),
          items: () => [{ id: '1' }, { id: 'bad' }, null, { id: 'gone' }],
          strictItems: () => [{ id: '1' }, { id: 'bad' }],
          allStrict: () => [{ id: '1' }, { id: 'bad' }],
          grid: () => [[{ id: '1' }], [{ id: '2' }, { id: 'bad' }], null],
          broken: fail,
          brokenList: fail,
          numbers: () => [1, null, 3],
          sparse: () => [1, null, 3],
          half: () => ({ good: 1, bad: fail }),
          halves: () => [
            { good: 1, bad: 2 },
            { good: 1, bad: fail },
          ],
          owners: () => [
            { __typename: 'Firm', id: 'f' },
            { __typename: 'Person', id: 'bad' },
            { __typename: 'Firm', id: 'bad' },
          ],
        },
      },
    },
    b: {
      typeDefs: `
        type Shop @key(fields: "id") { id: ID! rating: Int! open: Boolean }
        type Item @key(fields: "id") { id: ID! price: Int! stock: Int tags: [String!] parts: [Part!] }
        type Part { n: Int! }
        type Firm @key(fields: "id") { id: ID! vat: Int! }
        type Person @key(fields: "id") { id: ID! age: Int }
      `,
      resolvers: {
        Shop: {
          __resolveReference: ref => ref,
          rating: ({ id }) => (id === 'bad' ? fail() : 5),
          open: () => true,
        },
        Item: {
          __resolveReference: ref => (ref.id === 'gone' ? null : ref),
          price: ({ id }) => (id === 'bad' ? fail() : 7),
          stock: ({ id }) => (id === 'bad' ? fail() : 8),
          tags: ({ id }) => (id === 'bad' ? ['x', null] : ['t']),
          parts: ({ id }) => (id === 'bad' ? [{ n: 1 }, { n: fail }] : [{ n: 1 }]),
        },
        Firm: { __resolveReference: ref => ref, vat: ({ id }) => (id === 'bad' ? fail() : 1) },
        Person: { __resolveReference: ref => ref, age: fail },
      },
    },
  },
  add => {
    const failed = (...paths: (string | number)[][]) => paths.map(path => ({ code: 'SUBGRAPH_ERROR', path }));
    add('stop at a field that may be null', {
      query: '{ items { id stock } }',
      data: {
        items: [{ id: '1', stock: 8 }, { id: 'bad', stock: null }, null, { id: 'gone', stock: null }],
      },
      errors: failed(['items', 1, 'stock']),
      requests: 2,
    });
    add('stop at a list element that may be null', {
      query: '{ list: items { id price } }',
      data: { list: [{ id: '1', price: 7 }, null, null, null] },
      errors: [
        ...failed(['list', 1, 'price']),
        { code: 'SUBGRAPH_BAD_RESPONSE', path: ['list', 3, 'price'] },
      ],
      requests: 2,
    });
    add('go up from an element that is never null to its list', {
      query: '{ all: strictItems { id cost: price } other: items { id } }',
      data: { all: null, other: [{ id: '1' }, { id: 'bad' }, null, { id: 'gone' }] },
      errors: failed(['all', 1, 'cost']),
      requests: 2,
    });
    add('go up to the root', {
      query: '{ shop { id } x: allStrict { p: price } }',
      data: null,
      errors: failed(['x', 1, 'p']),
      requests: 2,
    });
    add('go up from a field of an entity to the root', {
      query: '{ strict { name rating } }',
      data: null,
      errors: failed(['strict', 'rating']),
      requests: 2,
    });
    add('go up through lists of lists as far as they must', {
      query: '{ grid { price } }',
      data: { grid: [[{ price: 7 }], null, null] },
      errors: failed(['grid', 1, 1, 'price']),
      requests: 2,
    });
    add('have one error at every place where the entity stands', {
      query: '{ shop { best { stock } other: best { s: stock } list: items { stock } } }',
      data: { shop: { best: { stock: null }, other: { s: null }, list: [{ stock: 8 }, { stock: null }] } },
      errors: failed(['shop', 'best', 'stock'], ['shop', 'other', 's'], ['shop', 'list', 1, 'stock']),
      requests: 2,
    });
    add('of a subgraph go up where its own schema says so', {
      query: '{ half { good bad } halves { bad } }',
      data: { half: null, halves: null },
      errors: failed(['half', 'bad'], ['halves', 1, 'bad']),
      requests: 1,
    });
    add('below a null carry the aliases of the client, also those that cannot be sent', {
      query: '{ h: half { g: good id: bad } hs: halves { id: bad } }',
      data: { h: null, hs: null },
      errors: failed(['h', 'id'], ['hs', 1, 'id']),
      requests: 1,
    });
    add('of a root field leave the others alone', {
      query: '{ broken { id price } items { id } }',
      data: { broken: null, items: [{ id: '1' }, { id: 'bad' }, null, { id: 'gone' }] },
      errors: failed(['broken']),
      requests: 1,
    });
    add('of a root field that is never null take all', {
      query: '{ items { id } brokenList { price } }',
      data: null,
      errors: failed(['brokenList']),
      requests: 1,
    });
    add('stand in lists of scalars', {
      query: '{ sparse numbers }',
      data: { sparse: [1, null, 3], numbers: null },
      errors: failed(['numbers', 1]),
      requests: 1,
    });
    add('stand in lists of an entity', {
      query: '{ strictItems { tags } }',
      data: { strictItems: [{ tags: ['t'] }, { tags: null }] },
      errors: failed(['strictItems', 1, 'tags', 1]),
      requests: 2,
    });
    add('below an entity carry the whole path', {
      query: '{ mine: strictItems { pieces: parts { number: n } } }',
      data: { mine: [{ pieces: [{ number: 1 }] }, { pieces: null }] },
      errors: failed(['mine', 1, 'pieces', 1, 'number']),
      requests: 2,
    });
    add('come from the members of an interface that they concern', {
      query: '{ owners { id ... on Firm { v: vat } ... on Person { age } } }',
      data: { owners: [{ id: 'f', v: 1 }, { id: 'bad', age: null }, null] },
      errors: failed(['owners', 1, 'age'], ['owners', 2, 'v']),
      requests: 2,
    });
    add('ask for nothing where a list is empty', {
      query: '{ strict { items { price tags } } }',
      data: { strict: { items: [] } },
      requests: 1,
    });
    add('ask for nothing where an object is null', {
      query: '{ wrong { price parts { n } } }',
      data: { wrong: null },
      requests: 1,
    });
  },
);
