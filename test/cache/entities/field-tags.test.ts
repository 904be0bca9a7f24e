import { type FieldNode, Kind, parse } from 'graphql';
import { expect, test } from 'vitest';
import { compileFieldTags } from '../../../src/cache/entities/field-tags.ts';
import { type CacheTarget, tagsOfTarget } from '../../../src/cache/policy/tag-names.ts';
import type { Json, JsonObject } from '../../../src/shared/json.ts';
import { examineCacheTags } from '../../../src/supergraph/cache-tags.ts';
import type { EntityKey } from '../../../src/supergraph/entity-keys.ts';
import { cachedGraph } from '../policy/cached-graph.ts';

const SHOP = `
  type Query { products(first: Int = 10): [Product] @cacheTag(format: "products-{$args.first}") }
  type Product @key(fields: "id") @key(fields: "sku") @cacheTag(format: "product-{$key.id}") {
    id: ID sku: String reviews: [Review]
  }
  type Review @key(fields: "id") { id: ID text: String }`;

const key = (path: string): EntityKey => ({ subgraph: 'catalogue', paths: [[path]] });
const keys = new Map([
  ['Product', [key('id'), key('sku')]],
  ['Review', [key('id')]],
]);
const { schema } = cachedGraph(SHOP);
const sources = {
  schema,
  table: { hints: new Map(), tags: examineCacheTags(parse(SHOP)).tags, keys },
  owners: new Map([
    ['Query.products', ['catalogue']],
    ['Product.reviews', ['reviews']],
  ]),
  requires: new Map(),
};

interface Given {
  readonly parent: string;
  /** Of the field. */
  readonly text: string;
  readonly value: Json;
  readonly variables?: JsonObject;
  readonly representation?: JsonObject;
}

/** Whether a value is forgotten with a target. */
function forgetter({ parent, text, value, variables = {}, representation }: Given) {
  const document = parse(text);
  const [operation] = document.definitions;
  const node = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections[0] : null;
  const subgraph = parent === 'Query' ? 'catalogue' : 'reviews';
  const field = { subgraph, parent, node: node as FieldNode, document };
  const tags = compileFieldTags(
    field,
    sources,
  )({
    value,
    variables,
    representation: representation ?? null,
  });
  return (target: CacheTarget): boolean => tagsOfTarget(target).some(tag => tags.includes(tag));
}

const entity = (type: string, id: string): CacheTarget => ({ kind: 'entity', type, key: { id } });

test('a value of a root field is forgotten with its field, its types, its subgraph and the entities in it', () => {
  const forgets = forgetter({
    parent: 'Query',
    text: 'query($n: Int) { p: products(first: $n) { id ...More } } fragment More on Product { sku }',
    value: [{ id: '1', sku: 'a' }, null],
    variables: { n: 3 },
  });
  const targets: readonly [CacheTarget, boolean][] = [
    [{ kind: 'all' }, true],
    [{ kind: 'subgraph', subgraph: 'catalogue' }, true],
    [{ kind: 'subgraph', subgraph: 'reviews' }, false],
    [{ kind: 'type', type: 'Product' }, true],
    [{ kind: 'type', type: 'Review' }, false],
    [{ kind: 'tag', tag: 'products-3' }, true],
    [{ kind: 'tag', tag: 'products-4' }, false],
    [{ kind: 'tag', tag: 'product-1' }, true],
    [entity('Product', '1'), true],
    [entity('Product', '2'), false],
  ];
  expect(targets.map(([target]) => forgets(target))).toEqual(targets.map(([, expected]) => expected));
});

test('a value of an entity is forgotten with the entity that has it, and with those in it', () => {
  const forgets = forgetter({
    parent: 'Product',
    text: '{ reviews { id text } }',
    value: [{ id: 'r1', text: 'good' }],
    representation: { __typename: 'Product', id: '1' },
  });
  expect([entity('Product', '1'), entity('Product', '2')].map(forgets)).toEqual([true, false]);
  expect([entity('Review', 'r1'), entity('Review', 'r2')].map(forgets)).toEqual([true, false]);
  expect(forgets({ kind: 'tag', tag: 'product-1' })).toBe(true);
  expect(forgets({ kind: 'subgraph', subgraph: 'reviews' })).toBe(true);
});

test('what cannot be told is forgotten with anything of its kind', () => {
  const another = forgetter({
    parent: 'Product',
    text: '{ reviews { text } }',
    value: [{ text: 'good' }],
    representation: { __typename: 'Product', sku: 'a' },
  });
  expect(another(entity('Product', '7'))).toBe(true);
  expect(another(entity('Review', 'r9'))).toBe(true);
  const unknown = forgetter({ parent: 'Query', text: '{ gone { id } }', value: null });
  expect(unknown({ kind: 'type', type: 'Whatever' })).toBe(true);
  expect(unknown({ kind: 'subgraph', subgraph: 'reviews' })).toBe(true);
  expect(unknown({ kind: 'tag', tag: 'any' })).toBe(true);
  expect(unknown({ kind: 'all' })).toBe(true);
});
