import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/parse.ts';
import { composeSupergraph } from '../../src/supergraph/compose.ts';
import { readRateLimits } from '../../src/supergraph/rate-limit-directives.ts';
import { startGateway } from '../support/start-gateway.ts';
import { composing } from './composing.ts';

const FEDERATION = '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key" "@shareable"])';
const WEIR = '@link(url: "https://weir.dev/weir/v1.0", import: ["@rateLimit"])';

const { compose: composed, problemsOf } = composing(FEDERATION, WEIR);

const compose = (...schemas: readonly string[]): string => composed(...schemas).sdl;

const read = (sdl: string) => readRateLimits(parse(sdl));

function refusalOf(sdl: string): readonly string[] {
  try {
    read(sdl);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const DEFAULTS = { by: ['subject'], algorithm: 'sliding-window', onExceeded: 'reject' };

describe('in composition', () => {
  test('a link to the spec is all that an author writes', () => {
    const sdl = compose(
      'type Query { user: User @rateLimit(limit: 5, window: "1m") @rateLimit(limit: 50, window: "1h") } type User { id: ID }',
    );
    expect(read(sdl)).toEqual([
      { coordinate: 'Query.user', limit: 5, window: 60_000, ...DEFAULTS },
      { coordinate: 'Query.user', limit: 50, window: 3_600_000, ...DEFAULTS },
    ]);
  });

  test.each([
    [`extend schema ${FEDERATION} @link(url: "https://weir.dev/weir/v1.0")`, '@weir__rateLimit'],
    [`extend schema ${FEDERATION} @link(url: "https://weir.dev/weir/v1.0", as: "w")`, '@w__rateLimit'],
    [
      `extend schema ${FEDERATION} @link(url: "https://weir.dev/weir/v1.0", import: [{name: "@rateLimit", as: "@throttle"}])`,
      '@throttle',
    ],
    [`extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed") ${WEIR}`, '@rateLimit'],
    [
      `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"]) ${WEIR} @composeDirective(name: "@rateLimit")
       directive @rateLimit(limit: Int!, window: String!) on FIELD_DEFINITION`,
      '@rateLimit',
    ],
  ])('names hold as they are imported: %s', (head, name) => {
    const sdl = compose(
      `${head} type Query { a: Int ${name}(limit: 1, window: "1s") ${name}(limit: 2, window: "1s") }`,
    );
    expect(read(sdl).map(({ limit }) => limit)).toEqual([1, 2]);
  });

  test('a link of which nothing is used changes nothing', () => {
    const { sdl, hints } = composeSupergraph([
      {
        name: 'a',
        url: 'http://127.0.0.1:9',
        sdl: `extend schema ${FEDERATION} ${WEIR} type Query { a: Int }`,
        origin: 'a',
      },
      {
        name: 'b',
        url: 'http://127.0.0.1:9',
        sdl: `extend schema ${FEDERATION} type Query { b: Int }`,
        origin: 'b',
      },
    ]);
    expect(read(sdl)).toEqual([]);
    expect(hints).toEqual([]);
  });

  test('what several subgraphs say of a shared type is all there', () => {
    const type = (limit: string) => `type User @key(fields: "id") @shareable ${limit} { id: ID! n: Int }`;
    const sdl = compose(
      `type Query { a: User } ${type('@rateLimit(limit: 1, window: "1s")')}`,
      `type Query { b: User } ${type('@rateLimit(limit: 2, window: "1s")')}`,
    );
    expect(read(sdl).map(({ coordinate, limit }) => [coordinate, limit])).toEqual([
      ['User', 1],
      ['User', 2],
    ]);
  });

  test('a limit that cannot be is told with subgraph, coordinate and place', () => {
    const [first, ...others] = problemsOf(
      'type Query { a: Int @rateLimit(limit: 1, window: "1 fortnight") }',
    );
    expect(others).toEqual([]);
    expect(first).toMatch(/^\[s0\] Query\.a RATE_LIMIT_INVALID: window: "1 fortnight"/);
    expect(first).toMatch(/\nat s0\.graphql:1:\d+$/);
  });

  test('two names for the directive are told instead of a failed assertion', () => {
    const problems = problemsOf(
      'type Query { a: Int @rateLimit(limit: 1, window: "1s") }',
      `extend schema ${FEDERATION} @link(url: "https://weir.dev/weir/v1.0") type Query { b: Int @weir__rateLimit(limit: 1, window: "1s") }`,
    );
    expect(problems).toEqual([
      expect.stringMatching(/^\[s0, s1\] WEIR_LINK_INVALID: .*@weir__rateLimit in s1/),
    ]);
  });

  test('a link without federation is told, as the limits would be lost', () => {
    const problems = problemsOf(
      `extend schema ${WEIR} type Query { a: Int @rateLimit(limit: 1, window: "1s") }`,
    );
    expect(problems).toEqual([expect.stringMatching(/^\[s0\] WEIR_LINK_INVALID/)]);
  });
});

describe('in a supergraph', () => {
  test('lists of one need no brackets, and null is as good as nothing', () => {
    const sdl =
      'type Query { a: Int @rateLimit(limit: 1, window: "1s", by: "ip", burst: null, onExceeded: "prune") }';
    expect(read(sdl)).toMatchObject([{ by: ['ip'], onExceeded: 'prune' }]);
    expect(read(sdl)[0]).not.toHaveProperty('burst');
  });

  test("another vendor's directive of the same name is none of ours", () => {
    expect(read('type Query { a: Int @rateLimit(max: 3, duration: 4) }')).toEqual([]);
  });

  test.each([
    ['limit: 0, window: "1s"', /limit: is neither a whole number above 0/],
    ['limit: 1', /^@rateLimit on Query.a: window: /],
    ['limit: 1, window: "1s", by: ["subjct"]', /by\.0: .*did you mean "subject"/],
    ['limit: 1, window: "1s", algorithm: "leaky-buckt"', /algorithm: .*did you mean "leaky-bucket"/],
    ['limit: 1, window: "1s", onExceeded: "ignore"', /onExceeded: .*reject, prune/],
    ['limit: 9, window: "1s", burst: 30', /burst: means nothing to sliding-window/],
    ['limit: 9, window: "1s", key: "ip"', /key: no such key; /],
    ['limit: 9, window: "400d"', /window: is not between 100ms and 31d/],
  ])('(%s) is refused with one sentence', (text, expected) => {
    const problems = refusalOf(`extend schema ${WEIR} type Query { a: Int @rateLimit(${text}) }`);
    expect(problems).toEqual([expect.stringMatching(expected)]);
  });
});

test('neither the directive nor a type of it shows in the API schema', async () => {
  const supergraphSdl = compose('type Query { a: Int @rateLimit(limit: 1, window: "1s") }');
  await using gateway = await startGateway({ supergraphSdl, config: { operation: { introspection: true } } });
  const { data } = await gateway.ask(getIntrospectionQuery());
  const text = JSON.stringify(data);
  expect(text).toContain('"name":"a"');
  expect(text).not.toMatch(/rateLimit|weir|link__/i);
});
