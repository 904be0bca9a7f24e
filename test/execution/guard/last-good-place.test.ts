import { buildSchema, type FieldNode, Kind, parse } from 'graphql';
import { expect, test } from 'vitest';
import { NOTHING_FORWARDED } from '../../../src/execution/fetch/forward.ts';
import type { Guarding } from '../../../src/execution/guard/guarding.ts';
import { compileLastGoodPlace } from '../../../src/execution/guard/last-good-place.ts';
import type { Json } from '../../../src/shared/json.ts';

const SCHEMA = `
  type Query { items(first: Int = 2, filter: Filter): [Item] other: Other }
  interface Item { id: ID kind: Kind }
  type Book implements Item { id: ID kind: Kind pages: Int }
  type Other { a: Int }
  enum Kind { NEW USED }
  input Filter { kind: Kind }`;
const QUERY =
  'query Q($n: Int, $k: Kind) { items(first: $n, filter: { kind: $k }) { id ...B } } fragment B on Book { kind }';

interface Given {
  readonly schema?: string;
  readonly query?: string;
  readonly place?: string;
  readonly coordinate?: string;
  readonly variables?: Readonly<Record<string, Json>>;
  readonly headers?: readonly string[];
  readonly variant?: string;
  readonly representation?: string;
}

function keyOf(given: Given = {}): string {
  const { schema = SCHEMA, query = QUERY, place = 'http://a', coordinate = 'Query.items' } = given;
  const { variables = { n: 1, k: 'NEW' }, headers = [], variant = '', representation = '' } = given;
  const document = parse(query);
  const [operation] = document.definitions;
  const node = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections[0] : null;
  const guarding: Partial<Guarding> = {
    schema: buildSchema(schema),
    placeOf: () => place,
    compileTags: () => () => [],
  };
  const field = {
    coordinate,
    breaker: null,
    fallback: null,
    alias: null,
    path: ['items'],
    entityType: null,
    position: 0,
    fits: null,
  };
  const compiled = compileLastGoodPlace(
    { field, node: node as FieldNode },
    { subgraph: 'shop', document, guarding: guarding as Guarding },
  );
  const forwarded = { ...NOTHING_FORWARDED, keyFor: () => variant, headersFor: () => headers };
  const context = { deadlineAt: 0, requestId: '', traceparent: null, forwarded };
  return compiled.keysFor({ variables, context })(representation);
}

test.each<[string, Given]>([
  ['where the subgraph is', { place: 'http://b' }],
  ['a variable', { variables: { n: 2, k: 'NEW' } }],
  ['a variable that is left out', { variables: { k: 'NEW' } }],
  ['a header that the subgraph gets', { headers: ['x-user-id', 'u-1'] }],
  ['its variant', { variant: 'canary' }],
  ['the object', { representation: '{"id":"1"}' }],
  ['the selection', { query: QUERY.replace('{ id', '{ id kind') }],
  ['a fragment', { query: QUERY.replace('{ kind }', '{ kind pages }') }],
  ['the type of a variable', { query: QUERY.replace('$n: Int', '$n: Int!') }],
  [
    'the type of a field',
    {
      schema: SCHEMA.replace('type Book implements Item { id: ID', '$&!').replace(
        'interface Item { id: ID',
        '$&!',
      ),
    },
  ],
  ['what an enum may be', { schema: SCHEMA.replace('NEW USED', 'NEW USED OLD') }],
  ['what a field may answer with', { schema: `${SCHEMA} type Film implements Item { id: ID kind: Kind }` }],
  ['the default of an argument', { schema: SCHEMA.replace('= 2', '= 3') }],
])('%s makes it another value', (_, given) => {
  expect(keyOf(given)).not.toBe(keyOf());
});

test.each<[string, Given]>([
  ['a variable of another field', { variables: { n: 1, k: 'NEW', more: true } }],
  ['the name of the operation', { query: QUERY.replace('Q', 'Another') }],
  ['what is beside it', { query: QUERY.replace(' } fragment', ' other { a } } fragment') }],
  ['a part of the schema that is not selected', { schema: SCHEMA.replace('a: Int', 'a: String') }],
])('%s makes no difference', (_, given) => {
  expect(keyOf(given)).toBe(keyOf());
});
