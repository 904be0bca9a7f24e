import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { gatewayConfig } from '../../../src/config/gateway-config.ts';
import { ConfigError, parseConfig } from '../../../src/config/parse.ts';
import { compileTiers } from '../../../src/config/tiers.ts';
import { rateLimitProblems } from '../../../src/policy/rate-limit/problems.ts';
import { declaredLimits } from './limits.ts';

const SCHEMA = `
  type Query { search(text: String, input: Input, ids: [Input]): [Product] login(email: String): Boolean }
  input Input { user: User id: ID } input User { email: String }
  type Product { id: ID name: String } enum Size { S }
`;
const known = { schema: buildSchema(SCHEMA), subgraphs: ['products', 'users'], personas: ['web', 'mobile'] };

const five = { limit: 5, window: '1m' };

function problemsOf(limit: object, tiers: object = {}): readonly string[] {
  const declared = declaredLimits({
    schema: SCHEMA,
    rateLimit: { limits: { x: { ...five, ...limit } } },
    tiers,
  });
  return rateLimitProblems(declared, known);
}

test.each([
  [
    { for: { personas: ['wbe'] } },
    /^policy\.rateLimit\.limits\.x\.for\.personas: there is no persona "wbe"; did you mean "web"\?$/,
  ],
  [{ for: { tiers: ['free'] } }, /for\.tiers: there is no tier "free"; there are none$/],
  [
    { for: { subgraphs: ['product'] } },
    /for\.subgraphs: there is no subgraph "product"; did you mean "products"/,
  ],
  [
    { for: { coordinates: ['Query.serach'] } },
    /for\.coordinates: Query has no field "serach"; did you mean "search"/,
  ],
  [{ for: { coordinates: ['Prodct'] } }, /there is no type "Prodct"; did you mean "Product"/],
  [{ for: { coordinates: ['Size'] } }, /Size is no type of objects/],
  [{ for: { coordinates: ['Input.id'] } }, /Input has no field "id"/],
  [{ for: { coordinates: ['Query.login.email'] } }, /is neither Type nor Type\.field/],
  [
    { by: ['arg:mail'], for: { coordinates: ['Query.login'] } },
    /arg:mail of Query\.login: there is no "mail"; did you mean "email"/,
  ],
  [
    { by: ['arg:input.user.mail'], for: { coordinates: ['Query.search'] } },
    /there is no "mail"; did you mean "email"/,
  ],
  [{ by: ['arg:ids.id'], for: { coordinates: ['Query.search'] } }, /"ids" is a list/],
  [
    { by: ['arg:txt'], for: { coordinates: ['Product'] } },
    /arg:txt of Product: no field that answers .*Query\.search: there is no "txt"; did you mean "text"/,
  ],
  [{ by: ['arg:email'], for: { coordinates: ['Query'] } }, /arg:email of Query: .*operations as a whole/],
  [{ for: { coordinates: ['__Type'] } }, /there is no type "__Type"/],
  [{ for: { coordinates: ['__Type.name'] } }, /there is no type "__Type"/],
  [{ limit: 999_999_999_999, window: '31d' }, /^policy\.rateLimit\.limits\.x: .*too large/],
])('%j is told in one sentence', (limit, expected) => {
  expect(problemsOf(limit)).toEqual([expect.stringMatching(expected)]);
});

test('what is right has no problem', () => {
  const limit = {
    by: ['arg:input.user.email', 'ip'],
    for: { personas: ['web'], subgraphs: ['users'], tiers: ['free'], coordinates: ['Query.search'] },
  };
  expect(problemsOf(limit, { free: { default: true } })).toEqual([]);
  expect(problemsOf({ by: ['arg:text'], for: { coordinates: ['Product'] } })).toEqual([]);
});

test('of tiers one is the default, and callers without a tier are of that', () => {
  expect(problemsOf({}, { free: {}, gold: {} })).toEqual([expect.stringMatching(/^tiers: none has default/)]);
  expect(problemsOf({}, { free: { default: true }, gold: { default: true } })).toEqual([
    'tiers: free and gold have default: true; there can be one',
  ]);
  const tiers = { free: { default: true }, gold: {} };
  expect(['gold', 'unknown', null, 'constructor'].map(compileTiers(tiers))).toEqual([
    'gold',
    'free',
    'free',
    'free',
  ]);
});

function refusalOf(config: unknown): readonly string[] {
  try {
    parseConfig(gatewayConfig, config, 'gateway.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test.each([
  [{ window: '1 fortnight' }, /^policy\.rateLimit\.limits\.x\.window: "1 fortnight" is not a duration/],
  [{ window: '0s' }, /window: is not between/],
  [{ limit: 0 }, /limit: is neither a whole number above 0 nor "unlimited"/],
  [{ limit: 1.5 }, /limit: is neither/],
  [{ limit: 'lots' }, /limit: is neither/],
  [{ limit: undefined }, /limit: is missing/],
  [{ by: ['sub'] }, /by\.0: "sub" is nothing that buckets are kept by/],
  [{ by: ['header:x y'] }, /by\.0: "x y" is not the name of a header/],
  [{ by: ['arg:a'] }, /by\.0: arg:a needs for\.coordinates/],
  [{ spend: 'calls' }, /spend: calls needs for\.coordinates/],
  [{ onExceeded: 'prune' }, /onExceeded: prune needs for\.coordinates/],
  [{ algorithm: 'token-buckt' }, /algorithm: .*did you mean "token-bucket"/],
  [{ burst: 30 }, /burst: means nothing to sliding-window/],
  [{ onOutage: 'alow' }, /onOutage: .*did you mean "allow"/],
  [{ for: { operation: ['a'] } }, /for\.operation: no such key; did you mean "operations"/],
])('%j is refused with one sentence', (limit, expected) => {
  const config = { policy: { rateLimit: { limits: { x: { ...five, ...limit } } } } };
  expect(refusalOf(config)).toEqual([expect.stringMatching(expected)]);
});

test.each(['tiers', 'personas'])('%s have no field whose argument a bucket could be kept by', place => {
  const config = { [place]: { free: { rateLimit: { ...five, by: ['subject', 'arg:email'] } } } };
  expect(refusalOf(config)).toEqual([
    expect.stringMatching(new RegExp(`^${place}\\.free\\.rateLimit\\.by\\.1: arg:email means nothing here`)),
  ]);
});

test('the four tiers of the example are legal', () => {
  const tiers = {
    free: { rateLimit: { limit: 100, window: '1m' }, cost: { max: 500 }, default: true },
    standard: { rateLimit: { limit: 1000, window: '1m' } },
    premium: { rateLimit: { limit: 10000, window: '1m', algorithm: 'token-bucket', burst: 20000 } },
    enterprise: { rateLimit: { limit: 'unlimited' } },
  };
  expect(refusalOf({ tiers })).toEqual([]);
});
