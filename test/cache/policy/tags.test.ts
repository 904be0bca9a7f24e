import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { compileEntityTags } from '../../../src/cache/policy/entity-tags.ts';
import {
  type CacheTarget,
  entityTag,
  tagsOfTarget,
  unidentifiedTag,
} from '../../../src/cache/policy/tag-names.ts';
import { readCaching } from '../../../src/supergraph/cache-directives.ts';
import { cachedGraph } from './cached-graph.ts';

const SHOP = `
  type Query {
    products(first: Int = 10, filter: Filter): [Product] @cacheTag(format: "products-{$args.first}") @cacheTag(format: "size-{$args.filter.size}")
    product(id: ID!): Product @cacheTag(format: "one-{$args.id}")
    all: [Product] @cacheTag(format: "catalogue") @cacheTag(format: "a, b")
    node: Node
  }
  input Filter { size: Size = M more: Int }
  enum Size { S M }
  interface Node @cacheTag(format: "nodes") { id: ID part(n: Int): Int }
  type Product implements Node @key(fields: "id") @cacheTag(format: "product") @cacheTag(format: "product-{$key.id}") {
    id: ID part(n: Int): Int @cacheTag(format: "part-{$args.n}") related: Product
  }
  type Page implements Node { id: ID part(n: Int): Int }`;

const owners = new Map([
  ['Query.products', ['catalogue', 'search']],
  ['Query.product', ['catalogue']],
  ['Product.part', ['parts']],
]);
const graph = cachedGraph(SHOP, { owners, defaultMaxAgeMs: 60_000 });

const tagsOf = (query: string, variables = {}) => graph.compile(query).tagsOf(variables);
const userTags = (query: string, variables = {}) =>
  tagsOf(query, variables)
    .filter(tag => tag.startsWith('tag:'))
    .map(tag => tag.slice(4));

describe('the tags of an operation', () => {
  test('name its types, subgraphs and itself', () => {
    expect([...tagsOf('{ product(id: 1) { id part } }')].sort()).toEqual([
      'all',
      'operation:h',
      'subgraph:catalogue',
      'subgraph:parts',
      'tag:one-1',
      'tag:part-null',
      'tag:product',
      'type:Product',
      'type:Query',
    ]);
    expect(tagsOf('query Nodes { node { id } }')).toEqual(
      expect.arrayContaining([...tagsOfTarget({ kind: 'operation', name: 'Nodes' }), 'operation:h']),
    );
    expect(tagsOf('{ node { id } }')).toEqual(
      expect.arrayContaining(['type:Node', 'type:Page', 'type:Product']),
    );
  });

  test.each<[string, object, readonly string[]]>([
    ['{ all { id } }', {}, ['a%2c%20b', 'catalogue', 'product']],
    ['{ products { id } }', {}, ['product', 'products-10', 'size-null']],
    ['{ products(first: 3, filter: { size: S }) { id } }', {}, ['product', 'products-3', 'size-S']],
    ['{ products(first: null, filter: {}) { id } }', {}, ['product', 'products-null', 'size-M']],
    ['query($n: Int) { products(first: $n) { id } }', { n: 7 }, ['product', 'products-7', 'size-null']],
    ['query($n: Int) { products(first: $n) { id } }', { n: null }, ['product', 'products-null', 'size-null']],
    ['query($n: Int) { products(first: $n) { id } }', {}, ['product', 'products-10', 'size-null']],
    [
      'query($f: Filter, $s: Size) { a: products(filter: $f) { id } b: products(filter: { size: $s }) { id } }',
      { f: { size: 'S' }, s: 'M' },
      ['product', 'products-10', 'size-M', 'size-S'],
    ],
    ['query($s: Size) { products(filter: { size: $s }) { id } }', {}, ['product', 'products-10', 'size-M']],
    ['{ a: product(id: 1) { id } b: product(id: "2") { id } }', {}, ['one-1', 'one-2', 'product']],
    ['{ product(id: 12345678901234567890) { id } }', {}, ['one-12345678901234567890', 'product']],
    ['{ node { part(n: 4) } }', {}, ['nodes', 'part-4', 'product']],
    [
      'query($x: Boolean!) { all { id } product(id: 1) @include(if: $x) { id } }',
      { x: false },
      ['a%2c%20b', 'catalogue', 'product'],
    ],
    [
      'query($x: Boolean!) { all { id } product(id: 1) @include(if: $x) { id } }',
      { x: true },
      ['a%2c%20b', 'catalogue', 'one-1', 'product'],
    ],
    ['query($id: ID!) { product(id: $id) { id } }', { id: 'a, b\né' }, ['one-a%2c%20b%0a%c3%a9', 'product']],
    ['query($__proto__: ID!) { product(id: $__proto__) { id } }', {}, ['one-null', 'product']],
  ])('%s with %j: those of its fields, and of its types', (query, variables, expected) => {
    expect([...userTags(query, variables)].sort()).toEqual(expected);
  });

  test('are bounded, and then forgotten with any of their kind', () => {
    const many = Array.from({ length: 100 }, (_, n) => `p${n}: product(id: ${n}) { id }`).join(' ');
    const tags = tagsOf(`{ ${many} }`);
    expect(tags.length).toBeLessThan(10);
    expect(tagsOfTarget({ kind: 'tag', tag: 'one-5' }).some(tag => tags.includes(tag))).toBe(true);
  });

  test('are short, and still found by what an operator writes', () => {
    const id = 'x'.repeat(100_000);
    const tags = tagsOf('query($id: ID!) { product(id: $id) { id } }', { id });
    expect(Math.max(...tags.map(tag => tag.length))).toBeLessThan(300);
    expect(tagsOfTarget({ kind: 'tag', tag: `one-${id}` }).some(tag => tags.includes(tag))).toBe(true);
    expect(tagsOfTarget({ kind: 'tag', tag: `one-${id}y` }).some(tag => tags.includes(tag))).toBe(false);
  });

  test('that users write are never those of another kind', () => {
    const kinds: CacheTarget[] = [
      { kind: 'all' },
      { kind: 'type', type: 'X' },
      { kind: 'subgraph', subgraph: 'X' },
      { kind: 'operation', hash: 'X' },
      { kind: 'operation', name: 'X' },
      { kind: 'entity', type: 'X', key: { id: 1 } },
    ];
    const reserved = new Set([...kinds.flatMap(tagsOfTarget), 'many-tags', 'untold-tags']);
    for (const tag of [...reserved, 'X', 'type:X']) {
      expect(reserved.has(tagsOfTarget({ kind: 'tag', tag })[0] ?? '')).toBe(false);
    }
  });
});

describe('the tags of an entity', () => {
  const table = readCaching(
    parse(`
      enum join__Graph { A @join__graph(name: "catalogue", url: "") B @join__graph(name: "stock", url: "") C @join__graph(name: "ads", url: "") }
      type Product
        @join__type(graph: A, key: "id") @join__type(graph: B, key: "shop { id } sku")
        @join__type(graph: C, key: "id", resolvable: false)
        @join__directive(graphs: [A], name: "federation__cacheTag", args: { format: "product-{$key.id}" })
        @join__directive(graphs: [B], name: "federation__cacheTag", args: { format: "stock-{$key.shop.id}-{$key.sku}" })
      { id: ID! sku: ID! shop: Shop! }
      type Shop @join__type(graph: B) { id: ID! }`),
  );

  test('are those of its type and subgraph, of its key, and of the formats on its type', () => {
    const tags = compileEntityTags({ subgraph: 'catalogue', type: 'Product' }, table);
    expect(tags({ __typename: 'Product', id: '7', price: 3 })).toEqual([
      'all',
      'type:Product',
      'subgraph:catalogue',
      entityTag('Product', [['id', '7']]),
      // It may be any of those that the other key names.
      unidentifiedTag('Product', ['shop.id', 'sku']),
      'tag:product-7',
    ]);
  });

  test('by a nested key do not depend on the order of its fields', () => {
    const tags = compileEntityTags({ subgraph: 'stock', type: 'Product' }, table);
    const [entity] = tagsOfTarget({ kind: 'entity', type: 'Product', key: { sku: 'a', shop: { id: 1 } } });
    const [other] = tagsOfTarget({ kind: 'entity', type: 'Product', key: { sku: 'a', shop: { id: 2 } } });
    const found = tags({ __typename: 'Product', shop: { id: '1' }, sku: 'a' });
    expect(found).toContain(entity);
    expect(found).not.toContain(other);
    expect(found).toContain('tag:stock-1-a');
  });

  test('meet those of an entity that is invalidated by any of its keys', () => {
    const tags = compileEntityTags({ subgraph: 'stock', type: 'Product' }, table);
    const found = tags({ __typename: 'Product', shop: { id: '1' }, sku: 'a' });
    const meets = (key: { id: string } | { shop: { id: string }; sku: string }) =>
      tagsOfTarget({ kind: 'entity', type: 'Product', key }).some(tag => found?.includes(tag));
    expect([meets({ id: '5' }), meets({ shop: { id: '1' }, sku: 'a' })]).toEqual([true, true]);
    expect(meets({ shop: { id: '1' }, sku: 'b' })).toBe(false);
  });

  test('cannot be told where the representation has not what a format of the subgraph names', () => {
    const tags = compileEntityTags({ subgraph: 'stock', type: 'Product' }, table);
    expect(tags({ __typename: 'Product', id: '7' })).toBeNull();
    expect(tags({ __typename: 'Product', shop: null, sku: 'a' })).toBeNull();
  });

  test('hold for what other subgraphs call the entity, where that can be told', () => {
    const tags = compileEntityTags({ subgraph: 'ads', type: 'Product' }, table);
    expect(tags({ __typename: 'Product', id: '7' })).toContain('tag:product-7');
    expect(tags({ __typename: 'Product' })).toEqual([
      'all',
      'type:Product',
      'subgraph:ads',
      unidentifiedTag('Product', ['id']),
      unidentifiedTag('Product', ['shop.id', 'sku']),
    ]);
  });
});
