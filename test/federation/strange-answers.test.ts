import { type Respond, sendJson } from '../support/fake-subgraph.ts';
import { federation } from '../support/federation-case.ts';

/** What the second subgraph says; the operation chooses with the id of the item. */
const answers: Record<string, unknown> = {
  'no path': { data: { _entities: [{ price: null }] }, errors: [{ message: 'm' }] },
  'no data': { errors: [{ message: 'm', extensions: { code: 'NOT_FOUND' } }] },
  'list too short': { data: { _entities: [] } },
  'list too long': { data: { _entities: [{ price: 1 }, { price: 2 }] } },
  'no list': { data: { _entities: { price: 1 } } },
  'no object in list': { data: { _entities: ['x'] } },
  'null in list': { data: { _entities: [null] } },
  nothing: {},
  'no JSON': 'x',
  'wrong type': { data: { _entities: [{ price: 'many' }] } },
  'more than asked': { data: { _entities: [{ price: 3, extra: { deep: 1 }, __proto: 2 }] } },
  'bad path': {
    data: { _entities: [{ price: 4 }] },
    errors: [{ message: 'm', path: ['_entities', 99, 'x'] }],
  },
  'path to another field': {
    data: { _entities: [{ price: 4 }] },
    errors: [{ message: 'm', path: ['_entities', 0, 'other'] }],
  },
  'errors and values': {
    data: { _entities: [{ price: 5 }] },
    errors: [{ message: 'm', path: ['_entities', 0, 'price'] }],
  },
  'empty errors': { data: { _entities: [{ price: 6 }] }, errors: [] },
  'null errors': { data: { _entities: [{ price: 6 }] }, errors: null, extensions: { a: 1 } },
};

const respond: Respond = ({ variables }, response) => {
  const [first] = Object.values(variables).flat() as { id: string }[];
  const answer = answers[first?.id ?? ''];
  if (answer === 'x') response.end('<html>');
  else sendJson(response, answer);
};

federation(
  'a subgraph that answers with',
  {
    a: {
      typeDefs: `
        type Query { item(id: String!): Item }
        type Item @key(fields: "id") { id: ID! }
      `,
      resolvers: { Query: { item: (_, { id }) => ({ id }) } },
    },
    b: { typeDefs: 'type Item @key(fields: "id") { id: ID! price: Int }', respond },
  },
  add => {
    const bad = { code: 'SUBGRAPH_BAD_RESPONSE', path: ['item', 'price'] };
    const error = { code: 'SUBGRAPH_ERROR', path: ['item', 'price'] };
    const expected: Record<
      string,
      { price: number | null; errors?: { code: string; path: string[] | null }[] }
    > = {
      'no path': { price: null, errors: [error] },
      'no data': { price: null, errors: [{ code: 'NOT_FOUND', path: ['item', 'price'] }] },
      'list too short': { price: null, errors: [bad] },
      'list too long': { price: null, errors: [bad] },
      'no list': { price: null, errors: [bad] },
      'no object in list': { price: null, errors: [bad] },
      'null in list': { price: null },
      nothing: { price: null, errors: [bad] },
      'no JSON': { price: null, errors: [bad] },
      'wrong type': { price: null, errors: [bad] },
      'more than asked': { price: 3 },
      'bad path': { price: 4, errors: [{ code: 'SUBGRAPH_ERROR', path: null }] },
      'path to another field': { price: 4, errors: [{ code: 'SUBGRAPH_ERROR', path: null }] },
      'errors and values': { price: 5, errors: [error] },
      'empty errors': { price: 6 },
      'null errors': { price: 6 },
    };
    for (const [id, { price, errors = [] }] of Object.entries(expected)) {
      add(`${id} spoils no more than its own field`, {
        query: 'query ($id: String!) { item(id: $id) { id price } }',
        variables: { id },
        data: { item: { id, price } },
        errors,
        requests: 2,
      });
    }
  },
);
