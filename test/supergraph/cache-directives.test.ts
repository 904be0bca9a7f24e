import { getIntrospectionQuery, parse, print as printDocument } from 'graphql';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/parse.ts';
import { type CachingTable, readCaching } from '../../src/supergraph/cache-directives.ts';
import { completeWeirLink } from '../../src/supergraph/complete-weir-link.ts';
import { createGeneration } from '../../src/supergraph/generation.ts';
import { apiSchemaOf } from '../../src/supergraph/supported-features.ts';
import type { TagFormat } from '../../src/supergraph/tag-format.ts';
import { startGateway } from '../support/start-gateway.ts';
import { composing } from './composing.ts';

const FEDERATION =
  '@link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key" "@shareable" "@cacheTag" "@interfaceObject"])';
const FEDERATION_2 = FEDERATION.replace(']', ' "@composeDirective"]');
const WEIR = '@link(url: "https://weir.dev/weir/v1.0", import: ["@cacheControl"])';

const { compose, problemsOf } = composing(FEDERATION, WEIR);

const read = (...schemas: readonly string[]): CachingTable => readCaching(parse(compose(...schemas).sdl));

describe('@cacheControl', () => {
  test('is read of fields and types, in seconds', () => {
    const { hints } = read(`
      type Query { a: U @cacheControl(maxAge: 60, scope: PRIVATE, staleWhileRevalidate: 30, staleIfError: 3600) i: I }
      interface I @cacheControl(inheritMaxAge: true) { id: ID }
      type T implements I @cacheControl(maxAge: 0) { id: ID }
      union U @cacheControl(scope: PUBLIC) = T`);
    expect(Object.fromEntries(hints)).toEqual({
      'Query.a': { maxAge: 60_000, scope: 'PRIVATE', staleWhileRevalidate: 30_000, staleIfError: 3_600_000 },
      I: { inheritMaxAge: true },
      T: { maxAge: 0 },
      U: { scope: 'PUBLIC' },
    });
  });

  test.each([
    ['@link(url: "https://weir.dev/weir/v1.0")', '@weir__cacheControl', ''],
    ['@link(url: "https://weir.dev/weir/v1.0", as: "w")', '@w__cacheControl', ''],
    [
      '@link(url: "https://weir.dev/weir/v1.0", import: [{name: "@cacheControl", as: "@keep"}, "CacheControlScope"])',
      '@keep',
      'enum CacheControlScope { PUBLIC PRIVATE } directive @keep(maxAge: Int, scope: CacheControlScope) on FIELD_DEFINITION',
    ],
    [
      '@link(url: "https://weir.dev/weir/v1.0", import: ["@cacheControl", {name: "CacheControlScope", as: "Who"}])',
      '@cacheControl',
      'enum Who { PUBLIC PRIVATE }',
    ],
    [
      '@link(url: "https://weir.dev/weir/v1.0", import: ["@cacheControl"])',
      '@cacheControl',
      'enum CacheControlScope { PUBLIC PRIVATE } directive @cacheControl(scope: CacheControlScope) on FIELD_DEFINITION',
    ],
    [
      '@link(url: "https://weir.dev/weir/v1.0")',
      '@weir__cacheControl',
      'enum weir__CacheControlScope { PUBLIC PRIVATE }',
    ],
  ])('holds under the name by which it is imported: %s', (link, name, more) => {
    const { sdl, hints } = compose(
      `extend schema ${FEDERATION} ${link} type Query { a: Int ${name}(maxAge: 9, scope: PRIVATE) } ${more}`,
    );
    expect(hints).toEqual([]);
    expect([...readCaching(parse(sdl)).hints]).toEqual([['Query.a', { maxAge: 9_000, scope: 'PRIVATE' }]]);
    const types = Object.keys(apiSchemaOf(sdl).getTypeMap());
    expect(types.filter(type => /Scope|Who/.test(type))).toEqual([]);
  });

  test('keeps the enum in the API where a field is of it', () => {
    const { sdl } = compose(
      `extend schema ${FEDERATION} @link(url: "https://weir.dev/weir/v1.0", import: ["@cacheControl", "CacheControlScope"])
       enum CacheControlScope { PUBLIC PRIVATE } type Query { a: CacheControlScope @cacheControl(maxAge: 9) }`,
    );
    expect(apiSchemaOf(sdl).getType('CacheControlScope')).toBeDefined();
  });

  test('of several subgraphs: the strictest holds, and no hint complains', () => {
    const type = (directive: string, more = '') =>
      `type T @key(fields: "id") ${directive} { id: ID! n: Int @shareable ${more} }`;
    const schemas = [
      `type Query { a: T } ${type('@cacheControl(maxAge: 60, staleWhileRevalidate: 60)', '@cacheControl(scope: PRIVATE)')}`,
      `type Query { b: T } ${type('@cacheControl(maxAge: 90, scope: PRIVATE)', '@cacheControl(maxAge: 5)')}`,
      `type Query { c: T } ${type('')}`,
    ];
    const expected = {
      // Nobody's end is passed: the second's is at 90 s.
      T: { maxAge: 60_000, scope: 'PRIVATE', staleWhileRevalidate: 30_000 },
      'T.n': { maxAge: 5_000, scope: 'PRIVATE' },
    };
    expect(Object.fromEntries(read(...schemas).hints)).toEqual(expected);
    expect(Object.fromEntries(read(...schemas.toReversed()).hints)).toEqual(expected);
    expect(compose(...schemas).hints).toEqual([]);
  });

  test.each([
    '(maxAge: -1)',
    '(maxAge: 31536001)',
    '(maxAge: 1.5)',
    '(maxAge: "60")',
    '(scope: SECRET)',
    '(maxAge: 1, inheritMaxAge: true)',
    '(maxAge: 0, staleIfError: 5)',
    '(staleWhileRevalidate: -1)',
    '(maxage: 5)',
    '(maxAge: null)',
    '',
  ])('%s is a problem with its place', written => {
    const [first, ...others] = problemsOf(`type Query { a: Int @cacheControl${written} }`);
    expect(others).toEqual([]);
    expect(first).toMatch(/^\[s0\] Query\.a CACHE_CONTROL_INVALID: /);
    expect(first).toMatch(/\nat s0\.graphql:1:\d+$/);
  });

  test('of a schema that does not link the gateway is of somebody else, unless its arguments say otherwise', () => {
    const supergraph = (directive: string) =>
      parse(`enum join__Graph { A @join__graph(name: "a", url: "") } type Query { a: Int ${directive} }`);
    expect(readCaching(supergraph('@cacheControl(ttl: 5)')).hints.size).toBe(0);
    expect(readCaching(supergraph('@cacheControl(maxAge: 5)')).hints.size).toBe(1);
    expect(() => readCaching(supergraph('@cacheControl(maxAge: -5)'))).toThrow(ConfigError);
  });

  test('schemas that link the gateway for other directives need not agree on its name', () => {
    const { sdl, hints } = compose(
      'type Query { a: Int @cacheControl(maxAge: 1) }',
      `extend schema ${FEDERATION} @link(url: "https://weir.dev/weir/v1.0", import: ["@rateLimit"])
       type Query { b: Int @rateLimit(limit: 1, window: "1s") }`,
    );
    expect([...readCaching(parse(sdl)).hints.keys()]).toEqual(['Query.a']);
    expect(hints).toEqual([]);
  });
});

test('the enum that another tool has composed is in no API schema', () => {
  const { sdl } = compose('type Query { a: Int @cacheControl(maxAge: 1, scope: PUBLIC) }');
  const plain = sdl
    .replaceAll('weir__CacheControlScope', 'CacheControlScope')
    .replace('https://weir.dev/weir/v1.0', 'https://example.com/caching/v1.0');
  const { apiSchema, caching } = createGeneration({ sdl: plain, apiSchema: apiSchemaOf(plain) });
  expect(apiSchemaOf(plain).getType('CacheControlScope')).toBeDefined();
  expect(apiSchema.getType('CacheControlScope')).toBeUndefined();
  expect(caching.hints.size).toBe(1);
});

describe('@cacheTag', () => {
  const formats = (table: CachingTable) =>
    Object.fromEntries(
      [...table.tags].map(([coordinate, tags]) => [
        coordinate,
        tags.map(({ format, subgraphs }) => `${subgraphs.join('+')}: ${print(format)}`),
      ]),
    );
  const print = (format: TagFormat) =>
    format.map(part => (typeof part === 'string' ? part : `<${part.from} ${part.path.join('/')}>`)).join('');

  test('is read of types and fields, with the subgraphs that say so', () => {
    const product = (tags: string) =>
      `type Product @key(fields: "id") @key(fields: "shop { id } sku") ${tags} { id: ID! sku: ID! @shareable shop: Shop! @shareable }
       type Shop { id: ID! @shareable }`;
    const { sdl, hints } = compose(
      `type Query {
         products(first: Int, filter: Filter): [Product] @cacheTag(format: "products-{$args.first}-{$args.filter.size}") @cacheTag(format: "all")
       }
       input Filter { size: Size ids: [ID!] }
       enum Size { S M }
       ${product('@cacheTag(format: "product-{$key.id}") @cacheTag(format: "products")')}`,
      product('@cacheTag(format: "sku-{$key.shop.id}-{$key.sku}") @cacheTag(format: "products")'),
    );
    expect(hints).toEqual([]);
    expect(formats(readCaching(parse(sdl)))).toEqual({
      'Query.products': ['s0: products-<args first>-<args filter/size>', 's0: all'],
      Product: ['s0: product-<key id>', 's0+s1: products', 's1: sku-<key shop/id>-<key sku>'],
    });
  });

  test.each([
    ['import: ["@key", { name: "@cacheTag", as: "@label" }]', '@label'],
    ['import: ["@key"]', '@federation__cacheTag'],
    ['as: "fed", import: ["@key"]', '@fed__cacheTag'],
  ])('holds under the name by which it is imported, without the gateway linked: %s', (how, name) => {
    const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", ${how})`;
    expect(formats(read(`${head} type Query { a: Int ${name}(format: "a") }`))).toEqual({
      'Query.a': ['s0: a'],
    });
    expect(problemsOf(`${head} type Query { a: Int ${name}(format: "a-{$args.x}") }`)).toHaveLength(1);
  });

  test('on an interface object is one on the implementations that get its fields, as hints are', () => {
    const { tags, hints } = read(
      'type Query { i: I } interface I @key(fields: "id") { id: ID! } type T implements I @key(fields: "id") { id: ID! }',
      `type I @key(fields: "id") @interfaceObject @cacheTag(format: "i-{$key.id}") {
         id: ID! x(n: Int): Int @cacheTag(format: "x-{$args.n}") @cacheControl(scope: PRIVATE)
       }`,
    );
    expect([...tags.keys()].sort()).toEqual(['I', 'I.x', 'T.x']);
    expect(hints.get('T.x')).toEqual({ scope: 'PRIVATE' });
  });

  test.each([
    ['Query.list', 'list(ids: [ID]): Int @cacheTag(format: "{$args.ids}")'],
    ['Query.list', 'list(in: In): Int @cacheTag(format: "{$args.in}")'],
    ['Query.list', 'list(in: In): Int @cacheTag(format: "{$args.in.more}")'],
    ['Query.list', 'list(in: In): Int @cacheTag(format: "{$args.in.ids.0}")'],
    ['Query.list', 'list(in: In): Int @cacheTag(format: "{$args.in.id.deeper}")'],
    ['Query.list', 'list(first: Int): Int @cacheTag(format: "{$args.frist}")'],
    ['Query.list', 'list: Int @cacheTag(format: "{$args.first}")'],
    ['Query.list', 'list(first: Int): Int @cacheTag(format: "{$args}")'],
    ['Query.list', 'list(first: Int): Int @cacheTag(format: "{$context.first}")'],
    ['Query.list', 'list(first: Int): Int @cacheTag(format: "{first}")'],
    ['Query.list', 'list(first: Int): Int @cacheTag(format: "a{$args.first")'],
    ['Query.list', 'list(a: Int): Int @cacheTag(format: "{{$args.a}}")'],
    ['Query.list', 'list: Int @cacheTag(format: "")'],
    ['Query.list', `list: Int @cacheTag(format: "${'x'.repeat(257)}")`],
    ['Query.list', `list(a: Int): Int @cacheTag(format: "${'{$args.a}'.repeat(9)}")`],
    [
      'Query.list',
      `list: Int ${Array.from({ length: 17 }, (_, n) => `@cacheTag(format: "${n}")`).join(' ')}`,
    ],
    ['Query.list', 'list: Int @cacheTag(format: "{$key.id}")'],
    ['T', '} type T @key(fields: "id") @cacheTag(format: "{$key.name}") { id: ID! name: ID'],
    ['T', '} type T @key(fields: "id") @cacheTag(format: "{$args.id}") { id: ID!'],
    ['T', '} type T @key(fields: "id", resolvable: false) @cacheTag(format: "{$key.id}") { id: ID!'],
    ['T', '} type T @cacheTag(format: "{$key.id}") { id: ID!'],
  ])('on %s is a problem where it could not be filled: %s', (coordinate, written) => {
    const problems = problemsOf(`type Query { one: Int ${written} } input In { id: ID ids: [ID] }`);
    expect(problems).toEqual([expect.stringContaining(`[s0] ${coordinate} CACHE_TAG_INVALID: the format "`)]);
  });
});

test.each(['native', 'apollo'] as const)(
  'a gateway serves a schema with both, and shows neither (%s)',
  async planner => {
    const completed = (text: string) =>
      printDocument(completeWeirLink(parse(`extend schema ${FEDERATION_2} ${WEIR} ${text}`)));
    await using gateway = await startGateway({
      config: { execution: { planner }, operation: { introspection: true } },
      subgraphs: {
        products: {
          typeDefs: completed(
            `type Query { product(id: ID!): Product @cacheControl(maxAge: 60, scope: PUBLIC) @cacheTag(format: "one-{$args.id}") }
           type Product @key(fields: "id") @cacheTag(format: "product-{$key.id}") { id: ID! name: String }`,
          ),
          resolvers: { Query: { product: (_: unknown, { id }: { id: string }) => ({ id, name: 'Lamp' }) } },
        },
        stock: {
          typeDefs: completed(
            'type Product @key(fields: "id") @cacheControl(maxAge: 5, scope: PRIVATE) { id: ID! stock: Int @cacheTag(format: "stock") }',
          ),
          resolvers: { Product: { __resolveReference: ({ id }: { id: string }) => ({ id, stock: 3 }) } },
        },
      },
    });
    expect(await gateway.ask('{ product(id: 1) { name stock } }')).toEqual({
      data: { product: { name: 'Lamp', stock: 3 } },
    });
    const text = JSON.stringify((await gateway.ask(getIntrospectionQuery())).data);
    expect(text).toContain('"name":"stock"');
    expect(text).not.toMatch(/cacheControl|cacheTag|weir|link__|PRIVATE/i);
  },
);
