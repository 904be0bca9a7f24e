import { describe, expect, test } from 'vitest';
import {
  entityTag,
  MANY_ENTITIES,
  UNTOLD_TAGS,
  unidentifiedTag,
} from '../../../src/cache/policy/tag-names.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { entityGraph, meet } from './entity-graph.ts';

const graph = entityGraph(`
  type Query { product: Product products: [Product] lists: [[Product]] node: Node found: [Found] shop: Shop motto: String media: Media }
  type Mutation { rename: Product touch: Node stamp: Stamp motto: String }
  interface Node { id: ID }
  union Found = Product | Page | User
  type Product implements Node @key(fields: "id") @key(fields: "sku shop { id }")
    @cacheTag(format: "product-{$key.id}") @cacheTag(format: "sold-{$key.shop.id}-{$key.sku}") @cacheTag(format: "all-products") {
    id: ID other: ID sku: String shop: Shop related: [Product] owner: User label(in: String): String
  }
  type Shop { id: ID name: String }
  type Page implements Node { id: ID user: User }
  type User implements Node @key(fields: "id") { id: ID name: String kind: String! shop: Shop }
  type Stamp { at: Int }
  interface Media @key(fields: "id") { id: ID }
  type Book implements Media @key(fields: "id") { id: ID }`);

const id = (type: string, value: string) => entityTag(type, [['id', value]]);
const NO_SKU = unidentifiedTag('Product', ['shop.id', 'sku']);
const NO_ID = unidentifiedTag('Product', ['id']);
const NO_USER = unidentifiedTag('User', ['id']);
const SOLD = entityTag('Product', [
  ['shop.id', '9'],
  ['sku', 's'],
]);

describe('the tags of an answer by its entities', () => {
  const P1 = [id('Product', '1'), NO_SKU, 'tag:product-1', UNTOLD_TAGS];
  test.each<[string, string, object, readonly string[]]>([
    ['nothing', '{ motto shop { id } }', { motto: 'x', shop: { id: '1' } }, []],
    ['null', '{ product { id } }', { product: null }, []],
    ['an entity by its key', '{ product { id } }', { product: { id: '1' } }, P1],
    ['a number', '{ product { id } }', { product: { id: 1 } }, P1],
    ['lists of lists', '{ lists { id } }', { lists: [[{ id: '1' }, null], null] }, P1],
    ['aliases', '{ p: product { k: id } }', { p: { k: '1' } }, P1],
    [
      'all keys',
      '{ product { id sku shop { id } } }',
      { product: { id: '1', sku: 's', shop: { id: '9' } } },
      [id('Product', '1'), SOLD, 'tag:product-1', 'tag:sold-9-s'],
    ],
    [
      'a key in two halves',
      '{ product { sku a: shop { name } b: shop { k: id } } }',
      { product: { sku: 's', a: { name: 'x' }, b: { k: '9' } } },
      [NO_ID, SOLD, 'tag:sold-9-s', UNTOLD_TAGS],
    ],
    [
      'half a key',
      '{ product { sku shop { name } } }',
      { product: { sku: 's', shop: { name: 'x' } } },
      [NO_ID, NO_SKU, UNTOLD_TAGS],
    ],
    ['a key that is null', '{ product { id } }', { product: { id: null } }, [NO_ID, NO_SKU, UNTOLD_TAGS]],
    ['a key that is left out', '{ product { id } }', { product: {} }, [NO_ID, NO_SKU, UNTOLD_TAGS]],
    [
      'a key left out by a variable, and there under another name',
      'query($x: Boolean!) { product { id @skip(if: $x) again: id } }',
      { product: { again: '1' } },
      P1,
    ],
    [
      'another field under the name of a key',
      '{ product { id: other } }',
      { product: { id: '1' } },
      [NO_ID, NO_SKU, UNTOLD_TAGS],
    ],
    [
      'fragments',
      '{ product { ...F } } fragment F on Product { ... on Node { ...G } } fragment G on Node { id }',
      { product: { id: '1' } },
      P1,
    ],
    [
      'entities in entities',
      '{ product { id owner { id } } }',
      { product: { id: '1', owner: { id: '2' } } },
      [id('Product', '1'), NO_SKU, id('User', '2'), 'tag:product-1', UNTOLD_TAGS],
    ],
    [
      'a type that is told, under any name',
      '{ node { kind: __typename id } }',
      { node: { kind: 'User', id: '3' } },
      [id('User', '3')],
    ],
    [
      'a type that is told and no entity',
      '{ node { __typename id ... on Page { user { name } } } }',
      { node: { __typename: 'Page', id: '3', user: { name: 'x' } } },
      [NO_USER],
    ],
    [
      'all that an object may be whose type is not told',
      '{ node { id } }',
      { node: { id: '1' } },
      [id('Product', '1'), NO_SKU, id('User', '1'), 'tag:product-1', UNTOLD_TAGS],
    ],
    [
      'only what has the fields of an object whose type is not told',
      '{ found { ... on Product { id sku } ... on User { id name } } }',
      {
        found: [
          { id: '1', name: 'x' },
          { id: '2', sku: 's' },
        ],
      },
      [id('User', '1'), id('Product', '2'), NO_SKU, 'tag:product-2', UNTOLD_TAGS],
    ],
    [
      'one name for different fields of two types',
      '{ found { ... on Product { id: other } ... on User { id } } }',
      { found: [{ id: '1' }] },
      [NO_ID, NO_SKU, id('User', '1'), UNTOLD_TAGS],
    ],
    [
      'a name that objects inherit',
      '{ constructor: product { __proto__: id } }',
      JSON.parse('{ "constructor": { "__proto__": "1" } }') as object,
      P1,
    ],
    [
      'one name for different fields of what two types have',
      '{ found { __typename ... on Product { sku shop { id: name } } ... on User { shop { id } } } }',
      { found: [{ __typename: 'Product', sku: 's', shop: { id: '9' } }] },
      [NO_ID, NO_SKU, UNTOLD_TAGS],
    ],
    [
      'one name for a type and for something else',
      '{ found { ... on Product { kind: __typename } ... on User { kind id } } }',
      { found: [{ kind: 'Product', id: '1' }] },
      [id('User', '1')],
    ],
    [
      'fragments within each other, on what both are on',
      '{ found { ... on Product { ... on Node { id } } ... on User { name } } }',
      { found: [{ id: '1' }] },
      P1,
    ],
    ['a name that objects inherit and the answer has not', '{ motto constructor: product { id } }', {}, []],
  ])('of %s', (_, query, data, expected) => {
    expect([...graph.kept(query, data as never)].sort()).toEqual([...expected].sort());
  });

  test('are bounded: many of a type are as if none was identified, and what is not one of them is not held', () => {
    const products = Array.from({ length: 100 }, (_, i) => ({ id: String(i) }));
    const tags = graph.kept('{ products { id } }', { products });
    expect([...tags].sort()).toEqual([NO_ID, NO_SKU, 'many-tags', UNTOLD_TAGS].sort());
    expect(meet(tags, graph.targeted({ kind: 'entity', type: 'Product', key: { id: '77' } }))).toBe(true);
    expect(meet(tags, graph.targeted({ kind: 'tag', tag: 'product-77' }))).toBe(true);
    expect(meet(tags, graph.targeted({ kind: 'entity', type: 'User', key: { id: '77' } }))).toBe(false);
  });

  test('are bounded however many types there are', () => {
    const names = Array.from({ length: 300 }, (_, i) => `T${i}`);
    const large = entityGraph(`
      type Query { node: Node nodes: [Node] ${names.map(name => `${name}: [${name}]`).join(' ')} }
      interface Node { id: ID }
      ${names.map(name => `type ${name} implements Node @key(fields: "id") { id: ID }`).join(' ')}`);
    const all = Object.fromEntries(names.map(name => [name, [{ id: '1' }, { id: '2' }]]));
    expect(large.kept(`{ ${names.map(name => `${name} { id }`).join(' ')} }`, all)).toEqual([MANY_ENTITIES]);
    expect(large.targeted({ kind: 'entity', type: 'T1', key: { id: '1' } })).toContain(MANY_ENTITIES);
    using time = startOwnTime();
    const nodes = Array.from({ length: 50_000 }, (_, i) => ({ id: String(i) }));
    expect(large.kept('{ nodes { id } }', { nodes })).toEqual([MANY_ENTITIES]);
    expect(large.changed('{ nodes { id } }', { nodes })).toHaveLength(301);
    expect(time.ms).toBeLessThan(2_000);
  });

  test('come from fragments that multiply, in time', () => {
    const fragments = Array.from(
      { length: 60 },
      (_, i) => `fragment F${i} on Product { a: related { ...F${i + 1} } b: related { ...F${i + 1} } id }`,
    );
    const query = `{ product { ...F0 } } ${fragments.join(' ')} fragment F60 on Product { id }`;
    expect(graph.kept(query, { product: { id: '1', b: [{ id: '2' }] } })).toContain(id('Product', '2'));
  });

  test('are those of nothing known where an operation is too deep to look into', () => {
    const query = `{ product ${'{ related '.repeat(150)} { id } ${'}'.repeat(150)} }`;
    expect([...graph.kept(query, { product: { related: [] } })].sort()).toEqual(
      [NO_ID, NO_SKU, UNTOLD_TAGS].sort(),
    );
  });
});

describe('what a mutation has changed', () => {
  const targets = graph.targeted;
  test.each<[string, string, object, readonly string[]]>([
    ['nothing', 'mutation { motto stamp { at } }', { motto: 'x', stamp: { at: 1 } }, []],
    ['nothing that is there', 'mutation { rename { id } }', { rename: null }, []],
    [
      'an entity that is known by one of its keys, and its tag',
      'mutation { rename { id } }',
      { rename: { id: '1' } },
      [...targets({ kind: 'entity', type: 'Product', key: { id: '1' } }), 'tag:product-1', 'many-tags'],
    ],
    [
      'all of a type where it is not known which',
      'mutation { rename { label } }',
      { rename: { label: 'x' } },
      targets({ kind: 'type', type: 'Product' }),
    ],
    [
      'all of a type once there are many',
      'mutation { rename { related { id } id } }',
      { rename: { id: '1', related: Array.from({ length: 100 }, (_, i) => ({ id: `r${i}` })) } },
      targets({ kind: 'type', type: 'Product' }),
    ],
    [
      'what an object may be',
      'mutation { touch { id } }',
      { touch: { id: '1' } },
      [
        ...targets(
          { kind: 'entity', type: 'Product', key: { id: '1' } },
          { kind: 'entity', type: 'User', key: { id: '1' } },
        ),
        'tag:product-1',
        'many-tags',
      ],
    ],
  ])('is %s', (_, query, data, expected) => {
    expect([...graph.changed(query, data as never)].sort()).toEqual([...new Set(expected)].sort());
  });

  test('is no longer served where the answer tells the entity by another key, or not', () => {
    const changed = graph.changed('mutation { rename { id } }', { rename: { id: '1' } });
    const hits = (query: string, data: object) => meet(graph.kept(query, data as never), changed);
    expect(hits('{ product { id } }', { product: { id: '1' } })).toBe(true);
    expect(hits('{ product { label } }', { product: { label: 'x' } })).toBe(true);
    expect(hits('{ product { sku shop { id } } }', { product: { sku: 's', shop: { id: '9' } } })).toBe(true);
    expect(hits('{ product { id } }', { product: { id: '2' } })).toBe(false);
    expect(hits('{ node { __typename id } }', { node: { __typename: 'User', id: '1' } })).toBe(false);
  });
});
