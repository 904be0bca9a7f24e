import { buildSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { cacheProblems } from '../../../src/cache/policy/problems.ts';
import { type CacheConfig, cacheConfig } from '../../../src/config/cache.ts';
import { type GatewayConfigInput, gatewayConfig } from '../../../src/config/gateway-config.ts';
import { ConfigError, parseConfig } from '../../../src/config/parse.ts';
import { resolvePersonas } from '../../../src/config/resolve-personas.ts';

type Written = NonNullable<GatewayConfigInput['cache']>;

const schema = buildSchema(`
  type Query { product: Product } type Product { price: Int name: String }
  type Mutation { rename: Product } type Subscription { renamed: Product }
  union Found = Product | Query input In { a: Int } enum Size { S }`);

const parsed = (written: Written): CacheConfig => parseConfig(cacheConfig, written, 'cache');

function refusal(written: unknown): readonly string[] {
  try {
    parseConfig(gatewayConfig, { cache: written }, 'test');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('a configuration of the cache', () => {
  test('says nothing: nothing is kept; says so little: there are defaults', () => {
    expect(parseConfig(gatewayConfig, {}, 'test').cache).toBeUndefined();
    expect(parsed({})).toMatchObject({
      memory: 64 * 1024 ** 2,
      defaultMaxAge: 0,
      negative: 5_000,
      fields: {},
      invalidateOnMutation: true,
      responses: { enabled: true },
      entities: { enabled: true },
      surrogateKeys: false,
      strict: false,
    });
  });

  test.each<[unknown, RegExp]>([
    [{ fields: { 'Product.price': {} } }, /fields\.Product\.price: says nothing/],
    [{ fields: { Product: { maxAge: '1s', inheritMaxAge: true } } }, /both maxAge and inheritMaxAge/],
    [{ fields: { Product: { maxAge: '400d' } } }, /longer than a year/],
    [{ fields: { Product: { maxAge: '0s', staleIfError: '5s' } } }, /maxAge 0 is never kept/],
    [{ fields: { Product: { maxage: '5s' } } }, /did you mean "maxAge"/],
    [{ fields: { Product: { scope: 'private' } } }, /neither PUBLIC nor PRIVATE/],
    [{ fields: { 'Product.price.x': { maxAge: '1s' } } }, /is not Type or Type\.field/],
    [{ memory: '1KiB' }, /memory: is less than 1MiB/],
    [{ jitter: 0.9 }, /jitter/],
  ])('%j is refused with one sentence', (written, reason) => {
    expect(refusal(written)).toEqual([expect.stringMatching(reason)]);
  });
});

describe('a supergraph', () => {
  const problems = (written: Written, hasRedis = false) =>
    cacheProblems(parsed(written), { schema, hasRedis });

  test('that has all that is configured has no problem', () => {
    const fields = { 'Product.price': { maxAge: '1s' }, Product: { maxAge: '1s' }, Found: { maxAge: '1s' } };
    expect(problems({ fields, redis: true }, true)).toEqual([]);
    expect(problems({ redis: false })).toEqual([]);
  });

  test.each<[Written, string]>([
    [
      { fields: { Prodct: { maxAge: '1s' } } },
      'cache.fields.Prodct: there is no such type; did you mean "Product"?',
    ],
    [{ fields: { In: { maxAge: '1s' } } }, 'cache.fields.In: there is no such type'],
    [{ fields: { Size: { maxAge: '1s' } } }, 'cache.fields.Size: there is no such type'],
    [
      { fields: { 'Product.prize': { maxAge: '1s' } } },
      'cache.fields.Product.prize: Product has no such field; did you mean "price"?',
    ],
    [{ fields: { 'Found.price': { maxAge: '1s' } } }, 'cache.fields.Found.price: Found has no such field'],
    [
      { fields: { 'Mutation.rename': { maxAge: '1s' } } },
      'cache.fields.Mutation.rename: nothing of Mutation is ever kept',
    ],
    [
      { fields: { Subscription: { maxAge: '1s' } } },
      'cache.fields.Subscription: nothing of Subscription is ever kept',
    ],
    [{ redis: true }, 'cache.redis: there is no storage.redis'],
    [{ memory: '1MiB', maxEntry: '2MiB' }, 'cache.maxEntry: is more than cache.memory'],
  ])('without what %j names is told, each in a sentence', (written, expected) => {
    expect(problems(written)).toEqual([expect.stringContaining(expected)]);
  });
});

test('a persona says how much shorter or longer, or not at all; those that extend it too', () => {
  const config = parseConfig(
    gatewayConfig,
    {
      personas: {
        web: { cache: { maxAge: 0.5 } },
        partner: { extends: 'web', cache: { disabled: true } },
        other: {},
      },
    },
    'test',
  );
  expect(resolvePersonas(config).map(({ name, cache }) => [name, cache])).toEqual([
    ['web', { maxAge: 0.5, disabled: false }],
    ['partner', { maxAge: 0.5, disabled: true }],
    ['other', { maxAge: 1, disabled: false }],
  ]);
});
