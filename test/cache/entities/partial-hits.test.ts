import { describe, expect, test, vi } from 'vitest';
import { tagsOfTarget } from '../../../src/cache/policy/tag-names.ts';
import type { FetchRecord } from '../../../src/execution/fetch/subgraph-fetch.ts';
import { startGateway } from '../../support/start-gateway.ts';
import { at } from './kept-graph.ts';
import { askedIds, startKeptShop } from './kept-shop.ts';

const PRODUCT = { kind: 'entity', type: 'Product', key: { id: '1' } } as const;

const ids = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => String(first + index));

const STOCK = 'query ($ids: [ID!]!) { products(ids: $ids) { name stock } }';

test('a batch of 100 of which 90 are kept asks for 10', async () => {
  await using shop = await startKeptShop();
  await shop.ask(STOCK, { ids: ids(6, 95) });
  expect(askedIds(shop)).toEqual([ids(6, 95)]);
  const { data, errors } = await shop.ask(STOCK, { ids: ids(1, 100) });
  expect(askedIds(shop)).toEqual([[...ids(1, 5), ...ids(96, 100)]]);
  expect(at(data, 'products')).toEqual(ids(1, 100).map(id => ({ name: `Product ${id}`, stock: Number(id) })));
  expect(errors).toEqual([]);
  expect(await shop.count('hit')).toBe(90);
});

test('what is all kept asks nothing, and says so to whoever wants an explanation', async () => {
  await using shop = await startKeptShop({ fields: { 'Query.products': { maxAge: '60s' } } });
  const first = await shop.ask(STOCK, { ids: ['1', '2'] });
  shop.asked.length = 0;
  const records: FetchRecord[] = [];
  expect(await shop.ask(STOCK, { ids: ['1', '2'] }, { records })).toEqual(first);
  expect(shop.asked).toEqual([]);
  expect(records).toMatchObject([
    { subgraph: 'products', outcome: 'cached', cache: { hits: 1, misses: 0 } },
    { subgraph: 'stock', outcome: 'cached', cache: { hits: 2, misses: 0 } },
  ]);
});

test('who keeps the answer is told until when its values are fresh, and of their tags', async () => {
  await using shop = await startKeptShop({ fields: { 'Query.products': { maxAge: '10s' } } });
  const query = '{ products(ids: ["1"]) { stock } }';
  const used: { readonly freshUntil: number; readonly tags: readonly string[] }[] = [];
  const kept = { used: (value: (typeof used)[number]) => void used.push(value), tagged() {} };
  await shop.ask(query, {}, { kept });
  expect(used).toEqual([]);
  const { at: now } = shop.clock;
  await shop.ask(query, {}, { kept });
  expect(used).toMatchObject([{ freshUntil: now + 10_000 }, { freshUntil: now + 60_000 }]);
  expect(used[1]?.tags).toEqual(
    expect.arrayContaining([
      'all',
      'type:Product',
      'subgraph:stock',
      ...tagsOfTarget(PRODUCT).filter(tag => tag.startsWith('entity:')),
    ]),
  );
});

test('entities at several places, in lists in lists, are put where they belong', async () => {
  await using shop = await startKeptShop();
  const query = '{ shelves { label products { name stock maker { name } } } }';
  await shop.ask('{ products(ids: ["2"]) { stock maker { name } } }');
  const fresh = await shop.ask(query);
  expect(askedIds(shop)).toEqual([['2'], ['1', '3']]);
  expect(at(fresh.data, 'shelves', 1, 'products')).toEqual([
    { name: 'Product 2', stock: 2, maker: { name: 'Maker "2"' } },
    { name: 'Product 3', stock: 3, maker: { name: 'Maker "3"' } },
  ]);
  expect(await shop.ask(query)).toEqual(fresh);
  expect(askedIds(shop)).toEqual([]);
});

test('errors stand at the entities that they are of, between those that are kept', async () => {
  await using shop = await startKeptShop();
  const query = 'query ($ids: [ID!]!) { products(ids: $ids) { broken } }';
  await shop.ask(query, { ids: ['1', '3'] });
  shop.data.broken.add('4');
  const { data, errors } = await shop.ask(query, { ids: ['1', '2', '3', '4'] });
  expect(askedIds(shop)).toEqual([
    ['1', '3'],
    ['2', '4'],
  ]);
  expect(at(data, 'products')).toEqual([{ broken: 1 }, { broken: 2 }, { broken: 3 }, { broken: null }]);
  expect(errors).toHaveLength(1);
  shop.data.broken.clear();
  const later = await shop.ask(query, { ids: ['1', '2', '3', '4'] });
  expect(askedIds(shop)).toEqual([['4']]);
  expect(at(later.data, 'products', 3)).toEqual({ broken: 4 });
});

describe('two selections that are asked for with one list', () => {
  const query = `query ($no: Boolean!, $yes: Boolean!) {
    product(id: "1") @skip(if: $no) { stock tags @include(if: $yes) }
    product(id: "1") { price }
  }`;
  const variables = { no: false, yes: true };
  const start = (short: string, ...long: string[]) =>
    startKeptShop({
      fields: {
        [short]: { maxAge: '10s', staleWhileRevalidate: '20s' },
        ...Object.fromEntries(long.map(coordinate => [coordinate, { maxAge: '60s' }])),
      },
    });
  const DATA = { product: { stock: 1, tags: ['1', 'undefined'], price: '1 EUR' } };

  test.each([
    ['Product.stock', 'Product.price'],
    ['Product.price', 'Product.stock'],
  ])('are both, where %s is not kept', async (...fields) => {
    await using shop = await start(...fields);
    await shop.ask(query, variables);
    const [asked] = shop.takeAsked('stock');
    // What this is about.
    expect(asked?.query.match(/representations: (\$\w+)[^)]*\)[\s\S]*representations: \1\b/)).not.toBeNull();
    shop.clock.at += 31_000;
    for (let time = 0; time < 2; time++)
      expect(await shop.ask(query, variables)).toEqual({ data: DATA, errors: [], fallbacks: [] });
    const [again, ...others] = shop.takeAsked('stock');
    expect(again?.variables).toEqual(asked?.variables);
    expect(others).toEqual([]);
  });

  test('are both, where one of them is made anew', async () => {
    await using shop = await start('Product.stock', 'Product.price');
    await shop.ask(query, variables);
    shop.takeAsked('stock');
    shop.clock.at += 11_000;
    shop.data.stock.set('1', 7);
    await shop.ask(query, variables);
    await vi.waitFor(async () =>
      expect((await shop.ask(query, variables)).data).toEqual({ product: { ...DATA.product, stock: 7 } }),
    );
    expect(shop.takeAsked('stock')).toHaveLength(1);
  });
});

test('what one answer does with a value is not seen by the next', async () => {
  await using shop = await startKeptShop();
  // Further fetches go into the objects below the kept one.
  const query = '{ products(ids: ["1"]) { maker { name products { id name stock } } } }';
  const first = await shop.ask(query);
  expect(await shop.ask(query)).toEqual(first);
  const other = await shop.ask('{ products(ids: ["1"]) { maker { name products { id } } } }');
  expect(at(other.data, 'products', 0, 'maker', 'products')).toEqual([{ id: '1' }, { id: '9' }]);
});

test('a whole gateway asks for the rest, and says so in an explanation and metrics', async () => {
  await using gateway = await startGateway({
    config: {
      cache: { fields: { Product: { maxAge: '60s' } } },
      personas: { default: { explain: true } },
    },
    subgraphs: {
      products: {
        typeDefs:
          'type Query { products(ids: [ID!]!): [Product!]! } type Product @key(fields: "id") { id: ID! }',
        resolvers: {
          Query: { products: (_: unknown, all: { ids: string[] }) => all.ids.map(id => ({ id })) },
        },
      },
      stock: {
        typeDefs: 'type Product @key(fields: "id") { id: ID! stock: Int }',
        resolvers: {
          Product: { __resolveReference: ({ id }: { id: string }) => ({ id, stock: Number(id) }) },
        },
      },
    },
  });
  const query = 'query ($ids: [ID!]!) { products(ids: $ids) { stock } }';
  await gateway.ask(query, { ids: ids(1, 9) });
  const { data, extensions } = await gateway.ask(query, { ids: ids(1, 10) }, { 'x-weir-explain': '1' });
  expect(data?.['products']).toEqual(ids(1, 10).map(id => ({ stock: Number(id) })));
  const { requests } = gateway.subgraphs.stock;
  expect(requests.map(({ variables }) => Object.values(variables))).toMatchObject([
    [ids(1, 9).map(id => ({ id }))],
    [[{ id: '10' }]],
  ]);
  const explained = extensions?.['explain'] as { fetches: FetchRecord[] } | undefined;
  expect(explained?.fetches.find(({ subgraph }) => subgraph === 'stock')?.cache).toEqual({
    hits: 9,
    misses: 1,
  });
});
