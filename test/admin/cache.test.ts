import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { registerCache } from '../../src/admin/cache.ts';
import { KnownOperations } from '../../src/cache/invalidation/known-operations.ts';
import {
  entityTag,
  operationNameTag,
  operationTag,
  tagsNamed,
  unidentifiedTag,
} from '../../src/cache/policy/tag-names.ts';
import type { CacheStore } from '../../src/cache/store/cache-store.ts';
import { createGeneration } from '../../src/supergraph/generation.ts';
import { apiSchemaOf } from '../../src/supergraph/supported-features.ts';
import { entry } from '../cache/store/contract.ts';
import { useMemoryStore, useRedisStore } from '../cache/store/use-stores.ts';
import { startRedisProxy } from '../storage/redis-proxy.ts';
import { composeSupergraph } from '../support/compose.ts';
import { recordingLogger } from '../support/recording-logger.ts';

const sdl = composeSupergraph([
  {
    name: 'products',
    url: 'http://products',
    typeDefs: `
      type Query { products: [Product] media: Media }
      type Mutation { touch: Product }
      type Product @key(fields: "id") @key(fields: "sku shop { id }") { id: ID! sku: ID! shop: Shop! }
      type Shop { id: ID! }
      interface Media @key(fields: "id") { id: ID! }
      type Book implements Media @key(fields: "id") @key(fields: "isbn") { id: ID! isbn: ID! pages: Int }
      enum Size { S }`,
  },
  {
    name: 'reviews',
    url: 'http://reviews',
    typeDefs: `
      type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }
      type Product @key(fields: "id") { id: ID! stars: Int }`,
  },
]);
const facts = createGeneration({ sdl, apiSchema: apiSchemaOf(sdl) });

const HASH = 'a'.repeat(64);
const BY_SKU = [
  ['shop.id', '9'],
  ['sku', 's'],
] as const;

/** Key → the tags that it is kept under. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  tagged: tagsNamed('tag', ['product-1']),
  product: tagsNamed('type', ['Product']),
  book: tagsNamed('type', ['Book']),
  media: tagsNamed('type', ['Media']),
  one: [entityTag('Product', [['id', '1']])],
  two: [entityTag('Product', [['id', '2']])],
  nameless: [unidentifiedTag('Product', ['id'])],
  sold: [entityTag('Product', BY_SKU)],
  mediaOne: [entityTag('Media', [['id', '1']])],
  bookOne: [entityTag('Book', [['id', '1']])],
  products: tagsNamed('subgraph', ['products']),
  reviews: tagsNamed('subgraph', ['reviews']),
  hashed: [operationTag(HASH)],
  named: [operationNameTag('List')],
  query: tagsNamed('type', ['Query']),
  many: tagsNamed(
    'tag',
    Array.from({ length: 65 }, (_, i) => `t${i}`),
  ),
};

const operations = new KnownOperations();
operations.see({ name: 'List', hash: HASH });

async function startAdmin(store: CacheStore | null) {
  const { logger, lines } = recordingLogger();
  const app = Fastify();
  registerCache(app, {
    kept: store && { store, operations, config: { surrogateKeys: false } },
    facts: () => facts,
    logger,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    lines,
    async post(body: unknown, headers: Readonly<Record<string, string>> = {}) {
      const answer = await fetch(`${url}/cache/invalidate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as object };
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** What a request forgets. */
async function forgottenBy(body: unknown) {
  await using used = await useMemoryStore();
  const { store } = used;
  await using admin = await startAdmin(store);
  for (const [key, tags] of Object.entries(KEPT)) store.put(key, entry(used, { tags: ['all', ...tags] }));
  const answer = await admin.post(body);
  return { ...answer, forgotten: Object.keys(KEPT).filter(key => store.peek(key) === undefined) };
}

describe('POST /cache/invalidate forgets', () => {
  test.each<[string, object, readonly string[]]>([
    ['what has a tag, or may have it', { kind: 'tag', tag: 'product-1' }, ['tagged', 'many']],
    ['what has a type', { kind: 'type', type: 'Product' }, ['product']],
    ['what has anything that an interface is', { kind: 'type', type: 'Media' }, ['book', 'media']],
    ['what has a type, maybe as an interface object', { kind: 'type', type: 'Book' }, ['book', 'media']],
    ['all answers', { kind: 'type', type: 'Query' }, ['query']],
    ['an entity', { kind: 'entity', type: 'Product', key: { id: '1' } }, ['one', 'nameless']],
    ['an entity by a number', { kind: 'entity', type: 'Product', key: { id: 2 } }, ['two', 'nameless']],
    [
      'an entity by a key of several fields',
      { kind: 'entity', type: 'Product', key: { sku: 's', shop: { id: 9 } } },
      ['sold'],
    ],
    [
      'an entity that may be an interface object',
      { kind: 'entity', type: 'Book', key: { id: 1 } },
      ['mediaOne', 'bookOne'],
    ],
    [
      'an entity by a key that its interface object has not, with all that may be it',
      { kind: 'entity', type: 'Book', key: { isbn: 1 } },
      ['media'],
    ],
    ['an entity of an interface', { kind: 'entity', type: 'Media', key: { id: 1 } }, ['mediaOne', 'bookOne']],
    ['what came from a subgraph', { kind: 'subgraph', subgraph: 'reviews' }, ['reviews']],
    ['answers to a document', { kind: 'operation', hash: HASH }, ['hashed']],
    ['answers to operations of a name', { kind: 'operation', name: 'List' }, ['named']],
    ['everything', { kind: 'all' }, Object.keys(KEPT)],
    [
      'a tag as Apollo Router names it',
      { kind: 'cache_tag', cache_tag: 'product-1', subgraphs: ['products'] },
      ['tagged', 'many'],
    ],
    ['a type as Apollo Router names it', { kind: 'type', subgraph: 'reviews', type: 'Product' }, ['product']],
    [
      'an entity as Apollo Router names it',
      { kind: 'entity', subgraph: 'products', type: 'Product', key: { id: '1' } },
      ['one', 'nameless'],
    ],
  ])('%s', async (_, target, expected) => {
    const { status, body, forgotten } = await forgottenBy(target);
    expect({ status, body, forgotten }).toEqual({ status: 202, body: { count: 1 }, forgotten: expected });
  });

  test('all of a list', async () => {
    const { status, body, forgotten } = await forgottenBy([
      { kind: 'subgraph', subgraph: 'products' },
      { kind: 'entity', type: 'Product', key: { id: '2' } },
    ]);
    expect({ status, body }).toEqual({ status: 202, body: { count: 2 } });
    expect(forgotten).toEqual(['two', 'nameless', 'products']);
  });
});

test('tags and operations that are not known are named beside the count', async () => {
  await using used = await useMemoryStore();
  await using admin = await startAdmin(used.store);
  const body = [
    { kind: 'operation', name: 'Lst' },
    { kind: 'operation', name: 'List' },
    { kind: 'operation', hash: 'b'.repeat(64) },
  ];
  expect(await admin.post(body)).toEqual({
    status: 202,
    body: { count: 3, unknownOperations: ['Lst', 'b'.repeat(64)] },
  });
});

describe('POST /cache/invalidate refuses, and forgets nothing', () => {
  const deep = (levels: number): object => (levels === 0 ? { id: 1 } : { id: deep(levels - 1) });
  test.each<[string, unknown, string]>([
    ['nothing', [], 'there is no target'],
    ['a text', 'all', 'has no "kind"'],
    ['a target of no kind', { tag: 'x' }, 'has no "kind"'],
    ['an unknown kind', { kind: 'typ', type: 'Product' }, 'did you mean "type"?'],
    ['a kind that objects inherit', { kind: 'constructor' }, 'is of no known "kind"'],
    ['an unknown key', { kind: 'tag', tga: 'x', tag: 'y' }, 'tga: no such key; did you mean "tag"?'],
    ['a key of another kind', { kind: 'all', tag: 'x' }, 'known keys here: kind'],
    ['a missing key', { kind: 'tag' }, 'tag: is missing'],
    ['an empty tag', { kind: 'tag', tag: '' }, 'is empty'],
    ['a tag without end', { kind: 'tag', tag: 'x'.repeat(10_000) }, 'tag: '],
    ['an unknown type', { kind: 'type', type: 'Prodct' }, 'did you mean "Product"?'],
    ['an enum', { kind: 'type', type: 'Size' }, 'there is no object type'],
    ['what is never kept', { kind: 'type', type: 'Mutation' }, 'nothing of Mutation is kept'],
    ['an unknown subgraph', { kind: 'subgraph', subgraph: 'product' }, 'did you mean "products"?'],
    [
      'an unknown subgraph beside a tag',
      { kind: 'cache_tag', cache_tag: 'x', subgraphs: ['products', 'nothing'] },
      'there are products, reviews',
    ],
    ['a type that is no entity', { kind: 'entity', type: 'Shop', key: { id: 1 } }, 'has no key'],
    [
      'an unknown key field',
      { kind: 'entity', type: 'Product', key: { idd: 1 } },
      'it has "id", "shop.id sku"',
    ],
    ['half a key', { kind: 'entity', type: 'Product', key: { sku: 1 } }, 'has no key of "sku"'],
    ['more than a key', { kind: 'entity', type: 'Product', key: { id: 1, sku: 1 } }, 'has no key of'],
    ['a key that is a list', { kind: 'entity', type: 'Product', key: [1] }, 'is not the fields of a key'],
    ['a key of lists', { kind: 'entity', type: 'Product', key: { id: [1] } }, 'is not the fields of a key'],
    ['an empty key', { kind: 'entity', type: 'Product', key: {} }, 'is not the fields of a key'],
    ['a deep key', { kind: 'entity', type: 'Product', key: deep(2_000) }, 'is not the fields of a key'],
    ['an operation of no name', { kind: 'operation' }, 'names no operation'],
    ['an operation of two names', { kind: 'operation', name: 'A', hash: HASH }, 'names no operation'],
    ['a name that cannot be', { kind: 'operation', name: 'A b' }, 'is not the name of an operation'],
    ['a hash that cannot be', { kind: 'operation', hash: 'abc' }, 'is not the SHA-256'],
    ['one bad target among good ones', [{ kind: 'all' }, { kind: 'nothing' }], '[1] is of no known'],
    ['too many', Array.from({ length: 1_001 }, () => ({ kind: 'all' })), 'more than 1000 targets'],
  ])('%s', async (_, target, message) => {
    const { status, body, forgotten } = await forgottenBy(target);
    expect({ status, body, forgotten }).toEqual({
      status: 400,
      body: { error: expect.stringContaining(message) },
      forgotten: [],
    });
  });

  test('a page of another site', async () => {
    await using used = await useMemoryStore();
    await using admin = await startAdmin(used.store);
    used.store.put('k', entry(used, { tags: ['all'] }));
    const answer = await admin.post({ kind: 'all' }, { origin: 'http://evil.example' });
    expect(answer).toMatchObject({ status: 403, body: { error: expect.any(String) } });
    expect(used.store.peek('k')).toBeDefined();
  });

  test('where nothing is kept', async () => {
    await using admin = await startAdmin(null);
    expect(await admin.post({ kind: 'all' })).toEqual({
      status: 409,
      body: { error: expect.stringContaining('`cache`') },
    });
  });
});

test('each request is one line of the log, without values of keys', async () => {
  await using used = await useMemoryStore();
  await using admin = await startAdmin(used.store);
  const entities = Array.from({ length: 30 }, (_, i) => ({
    kind: 'entity',
    type: 'Product',
    key: { id: `secret-${i}` },
  }));
  await admin.post([{ kind: 'tag', tag: 'x' }, ...entities]);
  await admin.post({ kind: 'type', type: 'Nothing' });
  const [first, second] = admin.lines.map(({ fields }) => fields);
  expect(first).toEqual({
    audit: {
      action: 'invalidate',
      from: '127.0.0.1',
      count: 31,
      targets: ['tag x', ...Array.from({ length: 19 }, () => 'entity Product by id')],
      status: 202,
    },
  });
  expect(second).toMatchObject({ audit: { targets: ['type Nothing'], status: 400 } });
});

test('says so when the fleet could not be told, and has forgotten it all the same', async () => {
  await using proxy = await startRedisProxy();
  await using used = await useRedisStore({ url: proxy.url, readTimeout: 200 });
  await using admin = await startAdmin(used.store);
  used.store.put('k', entry(used, { tags: ['all'] }));
  expect(used.store.peek('k')).toBeDefined();
  await proxy.cut();
  expect(await admin.post({ kind: 'all' })).toEqual({
    status: 503,
    body: { error: expect.stringContaining('could not be told') },
  });
  expect(used.store.peek('k')).toBeUndefined();
});
