import { type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { tagsOfTarget } from '../../src/cache/policy/tag-names.ts';
import type { CacheStore } from '../../src/cache/store/cache-store.ts';
import { createInvalidateAfter } from '../../src/gateway/invalidate-after.ts';
import { bindOperation } from '../../src/operation/bind.ts';
import { sha256 } from '../../src/shared/hash.ts';
import { RedisError } from '../../src/storage/redis-error.ts';
import { createGeneration } from '../../src/supergraph/generation.ts';
import { apiSchemaOf } from '../../src/supergraph/supported-features.ts';
import { entry } from '../cache/store/contract.ts';
import { useMemoryStore } from '../cache/store/use-stores.ts';
import { composeSupergraph } from '../support/compose.ts';
import { recordingLogger } from '../support/recording-logger.ts';

const sdl = composeSupergraph([
  {
    name: 'products',
    url: 'http://products',
    typeDefs: `
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"])
      type Query { product: Product }
      type Mutation { rename: Product motto: String }
      type Product @key(fields: "id") @cacheTag(format: "product-{$key.id}") { id: ID! name: String }`,
  },
]);
const generation = createGeneration({ sdl, apiSchema: apiSchemaOf(sdl) });

function bound(query: string) {
  const document = parse(query);
  const operation = bindOperation({
    view: { id: '', schema: generation.apiSchema, omitNulls: false },
    document,
    definition: document.definitions[0] as OperationDefinitionNode,
    documentHash: sha256(query),
    variables: {},
  });
  if (!('id' in operation)) throw new Error('it cannot be bound');
  return operation;
}

const KEPT = [
  ['one', { kind: 'entity', type: 'Product', key: { id: '1' } }],
  ['two', { kind: 'entity', type: 'Product', key: { id: '2' } }],
  ['tagged', { kind: 'tag', tag: 'product-1' }],
  ['other', { kind: 'tag', tag: 'product-2' }],
  ['typed', { kind: 'type', type: 'Product' }],
] as const;

test.each<[string, object | null, readonly string[]]>([
  ['mutation { rename { id } }', { rename: { id: '1' } }, ['one', 'tagged']],
  [
    'mutation { a: rename { id } b: rename { k: id } }',
    { a: { id: '1' }, b: { k: '2' } },
    ['one', 'two', 'tagged', 'other'],
  ],
  ['mutation { rename { name } }', { rename: { name: 'x' } }, ['typed']],
  ['mutation { rename { id } }', { rename: null }, []],
  ['mutation { rename { id } }', null, []],
  ['mutation { motto }', { motto: 'x' }, []],
  ['query { product { id } }', { product: { id: '1' } }, []],
])('%s, answered with %j, invalidates what has changed', async (query, data, expected) => {
  await using used = await useMemoryStore();
  const { store } = used;
  const { logger, lines } = recordingLogger();
  const invalidateAfter = createInvalidateAfter(generation, {
    store,
    logger,
    maxBytes: 100_000,
    maxWaitMs: 1_000,
  });
  for (let times = 0; times < 2; times++) {
    for (const [key, target] of KEPT) store.put(key, entry(used, { tags: tagsOfTarget(target).slice(0, 1) }));
    const early = entry(used, { tags: tagsOfTarget(KEPT[0][1]).slice(0, 1) });
    await invalidateAfter(bound(query), JSON.stringify(data));
    const forgotten = KEPT.map(([key]) => key).filter(key => store.peek(key) === undefined);
    expect(forgotten).toEqual(expected);
    // What was read before the mutation, and is put after it.
    store.put('early', early);
    expect(store.peek('early') === undefined).toBe(expected.includes('one'));
  }
  expect(lines).toEqual([]);
});

test('says once that the fleet cannot be told, and lets the answer go', async () => {
  let isDown = true;
  const store: Pick<CacheStore, 'invalidate'> = {
    async invalidate(tags) {
      if (isDown) throw new RedisError('disconnected', 'there is no connection');
      return tags.length;
    },
  };
  const { logger, lines } = recordingLogger();
  const invalidateAfter = createInvalidateAfter(generation, {
    store,
    logger,
    maxBytes: 100_000,
    maxWaitMs: 1_000,
  });
  const run = () => invalidateAfter(bound('mutation { rename { id } }'), '{"rename":{"id":"1"}}');
  for (const down of [true, true, false, true]) {
    isDown = down;
    await run();
  }
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
});

test('does not hold the answer up for longer than it is told to, and says so once', async () => {
  const told: (readonly string[])[] = [];
  const store: Pick<CacheStore, 'invalidate'> = {
    invalidate(tags) {
      told.push(tags);
      return new Promise(() => {});
    },
  };
  const { logger, lines } = recordingLogger();
  const invalidateAfter = createInvalidateAfter(generation, {
    store,
    logger,
    maxBytes: 100_000,
    maxWaitMs: 5,
  });
  for (let times = 0; times < 2; times++)
    await invalidateAfter(bound('mutation { rename { id } }'), '{"rename":{"id":"1"}}');
  expect(told).toHaveLength(2);
  expect(lines.map(({ level }) => level)).toEqual(['warn']);
});
