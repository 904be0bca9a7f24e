import { execute, type GraphQLFieldResolver, parse } from 'graphql';
import { expect, test } from 'vitest';
import type { Json } from '../../../src/shared/json.ts';
import { createRandom, pick } from '../../../subgraphs/shared/random.ts';
import { generateOperations } from '../../support/generate-operations.ts';
import { entityGraph, meet } from './entity-graph.ts';

const graph = entityGraph(`
  type Query { product: Product products: [Product!] node: Node nodes: [Node] found: [Found] shops: [Shop] }
  interface Node { id: ID! also: ID! friend: Node owner: User }
  interface Named { name: String friend: Node }
  union Found = Product | Page | User | Shop
  type Product implements Node & Named @key(fields: "id") @key(fields: "sku shop { id }")
    @cacheTag(format: "product-{$key.id}") @cacheTag(format: "sold-{$key.shop.id}-{$key.sku}") {
    id: ID! also: ID! friend: Node owner: User name: String sku: String! shop: Shop! other: Product more: [Found]
  }
  type User implements Node & Named @key(fields: "id") @key(fields: "also") @cacheTag(format: "user-{$key.also}") {
    id: ID! also: ID! friend: Node owner: User name: String bought: [Product]
  }
  type Page implements Node { id: ID! also: ID! friend: Node owner: User text: String }
  type Shop implements Named @key(fields: "id") { id: ID! name: String friend: Node sells: [Product!] }`);

interface Thing {
  readonly __typename: string;
  readonly id: string;
}

const TYPES = ['Product', 'User', 'Page', 'Shop'];

/** Fields answer with anything that their type allows, and note whose fields were asked for. */
function answer(query: string, operationName: string, variables: object, seed: number) {
  const random = createRandom(seed);
  const seen = new Map<string, Thing>();
  const some = (types: readonly string[]): Thing => ({
    __typename: pick(random, types),
    id: String(1 + Math.floor(random() * 6)),
  });
  const byType: Readonly<Record<string, () => unknown>> = {
    ID: () => null,
    Product: () => some(['Product']),
    User: () => some(['User']),
    Shop: () => some(['Shop']),
    Node: () => some(['Product', 'User', 'Page']),
    Found: () => some(TYPES),
  };
  const fieldResolver: GraphQLFieldResolver<Thing | undefined, unknown> = (source, _args, _context, info) => {
    if (source !== undefined) seen.set(`${source.__typename} ${source.id}`, source);
    const { fieldName: name, returnType } = info;
    if (source !== undefined && name === 'id') return source.id;
    if (name === 'also' || name === 'sku') return `${name}-${source?.id}`;
    if (name === 'name' || name === 'text') return 'x';
    // Which shop it is is a part of a product's key.
    if (name === 'shop') return { __typename: 'Shop', id: source?.id };
    const type = String(returnType).replace(/[[\]!]/g, '');
    const one = (): unknown =>
      random() < 0.1 && !String(returnType).includes('!') ? null : byType[type]?.();
    return String(returnType).startsWith('[') ? Array.from({ length: 2 }, one) : one();
  };
  const document = parse(query);
  const result = execute({
    schema: graph.schema,
    document,
    operationName,
    variableValues: { ...variables },
    fieldResolver: fieldResolver as GraphQLFieldResolver<unknown, unknown>,
  });
  if (result instanceof Promise || result.errors !== undefined) throw new Error(JSON.stringify(result));
  return { data: JSON.parse(JSON.stringify(result.data)) as Json, seen: [...seen.values()] };
}

/** All that an entity may be invalidated by. */
function targetsOf({ __typename: type, id }: Thing): readonly (readonly string[])[] {
  const also = `also-${id}`;
  const sku = `sku-${id}`;
  switch (type) {
    case 'Product':
      return [
        graph.targeted({ kind: 'entity', type, key: { id } }),
        graph.targeted({ kind: 'entity', type, key: { shop: { id }, sku } }),
        graph.targeted({ kind: 'tag', tag: `product-${id}` }),
        graph.targeted({ kind: 'tag', tag: `sold-${id}-${sku}` }),
      ];
    case 'User':
      return [
        graph.targeted({ kind: 'entity', type, key: { id } }),
        graph.targeted({ kind: 'entity', type, key: { also } }),
        graph.targeted({ kind: 'tag', tag: `user-${also}` }),
      ];
    case 'Shop':
      return [graph.targeted({ kind: 'entity', type, key: { id } })];
    default:
      return [];
  }
}

const operations = generateOperations(graph.schema, {
  seed: 20_261_127,
  count: 600,
  maxDepth: 5,
  samples: {},
});

test('whatever an answer has is forgotten with it, by each of its keys and tags', () => {
  let checked = 0;
  for (const [seed, { query, operationName, variables }] of operations.entries()) {
    const { data, seen } = answer(query, operationName, variables, seed);
    const kept = graph.kept(query, data, operationName);
    for (const thing of seen)
      for (const tags of targetsOf(thing)) {
        checked++;
        if (!meet(kept, tags))
          expect.fail(`${thing.__typename} ${thing.id} stays: ${query}\n${JSON.stringify(data)}\n${kept}`);
      }
  }
  expect(checked).toBeGreaterThan(1_000);
});

test('what a mutation has answered with is forgotten wherever it is, and only little else', () => {
  const answers = operations.map(({ query, operationName, variables }, seed) => {
    const { data, seen } = answer(query, operationName, variables, seed + 10_000);
    const things = new Set(seen.map(({ __typename, id }) => `${__typename} ${id}`));
    // By type as well, as policies say it of all answers.
    const types = new Set(seen.map(({ __typename }) => `type:${__typename}`));
    return {
      query,
      things: [...things].filter(name => !name.startsWith('Page')),
      kept: [...graph.kept(query, data, operationName), ...types],
      changed: graph.changed(query, data, operationName),
    };
  });
  let shared = 0;
  let spared = 0;
  for (const [i, one] of answers.entries()) {
    for (const other of answers.slice(i + 1, i + 40)) {
      const common = one.things.find(name => other.things.includes(name));
      const isForgotten = meet(other.kept, one.changed);
      if (common === undefined) spared += isForgotten ? 0 : 1;
      else if (!isForgotten) expect.fail(`${common} stays in ${other.query}\nafter ${one.query}`);
      else shared++;
    }
  }
  expect(shared).toBeGreaterThan(1_000);
  expect(spared).toBeGreaterThan(100);
});
