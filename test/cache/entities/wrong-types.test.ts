import { buildSchema, type GraphQLLeafType } from 'graphql';
import { describe, expect, test, vi } from 'vitest';
import { compileFitsLeaf } from '../../../src/cache/entities/fits-leaf.ts';
import { writeLeaf } from '../../../src/execution/project/leaf.ts';
import type { Leaf } from '../../../src/execution/project/shape.ts';
import type { Json } from '../../../src/shared/json.ts';
import { PATIENCE } from '../../support/patience.ts';
import { at, type KeptGraph, startKeptGraph } from './kept-graph.ts';
import { askedIds, startKeptShop } from './kept-shop.ts';

const STOCK = '{ products(ids: ["1", "2"]) { stock price } }';

/** Has the stock subgraph say something else of its second entity, without an error. */
function say(shop: KeptGraph, ofSecond: unknown): void {
  shop.state.answering = (_, { subgraph }) =>
    subgraph === 'stock'
      ? { result: { data: { _entities: [{ stock: 1, price: '1 EUR', mine: '' }, ofSecond] } } }
      : {};
}

describe('an entity is not kept, and those beside it are, with', () => {
  test.each([
    ['a text for a number', { stock: 'many', price: '2 EUR' }],
    ['a fraction for an Int', { stock: 1.5, price: '2 EUR' }],
    ['a number for a text', { stock: 2, price: 2 }],
    ['an object for a leaf', { stock: {}, price: '2 EUR' }],
    ['a list for a leaf', { stock: [2], price: '2 EUR' }],
  ])('%s', async (_, garbage) => {
    await using shop = await startKeptShop();
    say(shop, garbage);
    expect((await shop.ask(STOCK)).errors).toEqual(['SUBGRAPH_BAD_RESPONSE']);
    shop.state.answering = () => ({});
    const { data, errors } = await shop.ask(STOCK);
    expect([at(data, 'products', 1, 'stock'), errors]).toEqual([2, []]);
    expect(askedIds(shop)).toEqual([['1', '2'], ['2']]);
  });
});

test('what is wrong far below an entity keeps it from being kept', async () => {
  await using shop = await startKeptShop();
  const query = '{ products(ids: ["1"]) { maker { name products { id } } } }';
  shop.state.answering = (_, { subgraph }) =>
    subgraph === 'stock'
      ? { result: { data: { _entities: [{ maker: { name: 'x', products: [{ id: '1' }, 'junk'] } }] } } }
      : {};
  await shop.ask(query);
  shop.state.answering = () => ({});
  expect(await shop.ask(query)).toMatchObject({ errors: [] });
  expect(askedIds(shop)).toHaveLength(2);
});

test('null where there is never null keeps a root fetch from being kept, without an error as well', async () => {
  await using shop = await startKeptShop({ fields: { 'Query.shelves': { maxAge: '60s' } } });
  const query = '{ shelves { label products { name } } }';
  shop.state.answering = () => ({ result: { data: { shelves: [{ label: 'top', products: null }] } } });
  expect((await shop.ask(query)).errors).toEqual(['SUBGRAPH_BAD_RESPONSE']);
  shop.state.answering = () => ({});
  expect((await shop.ask(query)).errors).toEqual([]);
  expect(shop.takeAsked('products')).toHaveLength(2);
});

test('a root field of the wrong type is not kept', async () => {
  await using shop = await startKeptShop({ fields: { 'Query.motto': { maxAge: '60s' } } });
  shop.state.answering = () => ({ result: { data: { motto: { text: 'cheap' } } } });
  expect((await shop.ask('{ motto }')).errors).toEqual(['SUBGRAPH_BAD_RESPONSE']);
  shop.state.answering = () => ({});
  expect(await shop.ask('{ motto }')).toMatchObject({ data: { motto: 'cheap' }, errors: [] });
});

test('what is kept is not replaced by it, when it is made anew behind an answer', async () => {
  await using shop = await startKeptShop({
    fields: { Product: { maxAge: '60s', staleWhileRevalidate: '600s' } },
  });
  await shop.ask(STOCK);
  say(shop, { stock: 'many', price: '2 EUR' });
  shop.clock.at += 61_000;
  await shop.ask(STOCK);
  await vi.waitFor(
    () => expect(shop.asked.filter(({ subgraph }) => subgraph === 'stock')).toHaveLength(2),
    PATIENCE,
  );
  await new Promise(setImmediate);
  expect(at((await shop.ask(STOCK)).data, 'products', 1, 'stock')).toBe(2);
});

test('what leaves out a field that may be null is kept', async () => {
  await using shop = await startKeptShop();
  say(shop, { price: '2 EUR' });
  await shop.ask(STOCK);
  expect((await shop.ask(STOCK)).errors).toEqual([]);
  expect(askedIds(shop)).toHaveLength(1);
});

describe('of abstract types', () => {
  const start = () =>
    startKeptGraph({
      cache: { fields: { 'Query.finds': { maxAge: '60s' } } },
      subgraphs: {
        finds: {
          typeDefs: `
            type Query { finds: [Find] }
            union Find = Book | Film
            enum Size { SMALL LARGE }
            scalar Anything
            type Book { pages: Int! size: Size any: Anything }
            type Film { pages: String }`,
        },
      },
    });
  const QUERY = `query ($b: Boolean = true) {
    finds { __typename ... on Book { pages @include(if: $b) size any } ... on Film { reel: pages } } }`;

  test.each([
    [{ __typename: 'Book', pages: 1, size: 'SMALL', any: { at: [1] } }, true],
    [{ __typename: 'Film', reel: '1' }, true],
    [null, true],
    // It may have been left out.
    [{ __typename: 'Book' }, true],
    [{ __typename: 'Book', pages: null }, false],
    [{ __typename: 'Book', pages: '1' }, false],
    [{ __typename: 'Book', pages: 1, size: 'HUGE' }, false],
    [{ __typename: 'Film', reel: 1 }, false],
    [{ __typename: 'Song', reel: '1' }, false],
    [{ __typename: 7 }, false],
    ['Book', false],
    [[{ __typename: 'Film' }], false],
  ])('%j is kept: %s', async (find, isKept) => {
    await using graph = await start();
    graph.state.answering = () => ({ result: { data: { finds: [find] } } });
    await graph.ask(QUERY);
    await graph.ask(QUERY);
    expect(graph.takeAsked('finds')).toHaveLength(isKept ? 1 : 2);
  });
});

test('of an interface that a subgraph knows as an object the name may be that of the interface', async () => {
  await using graph = await startKeptGraph({
    cache: { fields: { 'Query.top': { maxAge: '60s' } } },
    subgraphs: {
      media: {
        typeDefs: `type Query { all: [Media] }
          interface Media @key(fields: "id") { id: ID! title: String }
          type Book implements Media @key(fields: "id") { id: ID! title: String }
          type Film implements Media @key(fields: "id") { id: ID! title: String }`,
      },
      ratings: {
        typeDefs: `type Query { top: [Media] }
          type Media @key(fields: "id") @interfaceObject { id: ID! rating: Int }`,
        resolvers: { Query: { top: () => [{ id: '1', rating: 5 }] } },
      },
    },
  });
  const timesAsked = async () => {
    for (let time = 0; time < 2; time++) await graph.ask('{ top { __typename rating } }');
    return graph.takeAsked('ratings').length;
  };
  graph.state.answering = (_, { subgraph }) =>
    subgraph === 'ratings'
      ? { result: { data: { top: [{ __typename: 'Media', id: '1', rating: '5' }] } } }
      : {};
  expect(await timesAsked()).toBe(2);
  graph.state.answering = () => ({});
  expect(await timesAsked()).toBe(1);
});

const JUNK: readonly Json[] = [
  'junk',
  'SMALL',
  '',
  7,
  1.5,
  -3_000_000_000,
  true,
  null,
  [],
  ['SMALL'],
  [[1]],
  {},
  { __typename: 'Film' },
  { __typename: 'Size' },
];

test('a leaf is taken for one of its type where the engine could write it', () => {
  const schema = buildSchema('enum Size { SMALL LARGE } scalar Any type Query { a: ID b: Float }');
  const leaves: readonly (readonly [string, Leaf])[] = [
    ['String', { kind: 'string' }],
    ['ID', { kind: 'id' }],
    ['Int', { kind: 'int' }],
    ['Float', { kind: 'float' }],
    ['Boolean', { kind: 'boolean' }],
    ['Any', { kind: 'any' }],
    ['Size', { kind: 'enum', hasValue: name => ['SMALL', 'LARGE'].includes(name) }],
  ];
  for (const [name, leaf] of leaves) {
    const type = schema.getType(name) ?? buildSchema('type Query { a: Int }').getType(name);
    const fits = compileFitsLeaf(type as GraphQLLeafType);
    for (const value of [...JUNK, 0, 2_147_483_647, 2_147_483_648, Number.POSITIVE_INFINITY, false])
      if (value !== null)
        expect([name, value, fits(value)]).toEqual([name, value, writeLeaf(leaf, value) !== undefined]);
  }
});

/** A value with one of its parts exchanged, in all ways. */
function* exchanged(value: Json): Generator<Json> {
  yield* JUNK;
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    for (const part of exchanged((value as Record<string, Json>)[key] as Json)) {
      const copy = structuredClone(value) as Record<string, Json>;
      copy[key] = part;
      yield copy as Json;
    }
  }
}

test('a reply is kept exactly where all of it can be answered with', async () => {
  const day = 86_400_000;
  await using graph = await startKeptGraph({
    cache: {
      fields: {
        'Query.root': { maxAge: '60s' },
        'Root.find': { inheritMaxAge: true },
        'Root.finds': { inheritMaxAge: true },
        'Root.named': { inheritMaxAge: true },
      },
      negative: '60s',
    },
    subgraphs: {
      all: {
        typeDefs: `
          type Query { root: Root }
          type Root { id: ID! whole: Int! sizes: [Size!] grid: [[Float]!] any: Any find: Find! finds: [Find] named: [Named!]! }
          enum Size { SMALL LARGE }
          scalar Any
          union Find = Book | Film
          interface Named { name: String }
          type Book implements Named { name: String pages: Int! }
          type Film implements Named { name: String isLong: Boolean }`,
      },
    },
  });
  const query = `{ root { id whole sizes grid any find { ...F } finds { ...F } named { __typename name ... on Book { pages } } } }
    fragment F on Find { __typename ... on Book { name pages } ... on Film { name isLong } }`;
  const [book, film] = [
    { __typename: 'Book', name: 'b', pages: 1 },
    { __typename: 'Film', name: 'f', isLong: true },
  ];
  const rest = { grid: [[1.5, null]], any: { a: [1] }, find: book, finds: [film, null], named: [book, film] };
  const sound = { id: '1', whole: 1, sizes: ['SMALL'], ...rest };
  let [kept, notKept] = [0, 0];
  for (const root of [sound, ...exchanged(sound)]) {
    graph.clock.at += day;
    graph.state.answering = () => ({ result: { data: { root } } });
    const { errors } = await graph.ask(query);
    await graph.ask(query);
    const times = graph.takeAsked('all').length;
    expect([JSON.stringify(root), times]).toEqual([JSON.stringify(root), errors.length === 0 ? 1 : 2]);
    if (times === 1) kept++;
    else notKept++;
  }
  expect(Math.min(kept, notKept)).toBeGreaterThan(50);
});
