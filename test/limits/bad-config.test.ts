import { expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { ConfigError } from '../../src/config/parse.ts';
import { startLimited } from './limited-graph.ts';

async function problemsOf(config: GatewayConfigInput): Promise<readonly string[]> {
  try {
    await using _ = await startLimited({ config });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

type Limit = NonNullable<
  NonNullable<NonNullable<NonNullable<GatewayConfigInput['policy']>['rateLimit']>['limits']>[string]
>;

const limit = (written: Partial<Limit>): GatewayConfigInput => ({
  policy: { rateLimit: { limits: { few: { limit: 1, ...written } } } },
});
const cost = (written: NonNullable<GatewayConfigInput['policy']>['cost']): GatewayConfigInput => ({
  policy: { cost: written },
});

const CASES: readonly [string, GatewayConfigInput, RegExp][] = [
  [
    'a field that is not there',
    limit({ for: { coordinates: ['Query.tipp'] } }),
    /few\.for\.coordinates: Query has no field "tipp"; did you mean "tip"\?/,
  ],
  [
    'a type that is not there',
    limit({ for: { coordinates: ['Usr.name'] } }),
    /there is no type "Usr"; did you mean "User"\?/,
  ],
  [
    'a tier that is not there',
    { tiers: { free: { default: true } }, ...limit({ for: { tiers: ['fre'] } }) },
    /few\.for\.tiers: there is no tier "fre"; did you mean "free"\?/,
  ],
  [
    'a persona that is not there',
    { personas: { web: { match: { default: true } } }, ...limit({ for: { personas: ['wep'] } }) },
    /few\.for\.personas: there is no persona "wep"; did you mean "web"\?/,
  ],
  [
    'a subgraph that is not there',
    limit({ for: { subgraphs: ['peple'] } }),
    /few\.for\.subgraphs: there is no subgraph "peple"; did you mean "people"\?/,
  ],
  [
    'an argument that is not there',
    limit({ by: ['arg:mail'], spend: 'calls', for: { coordinates: ['Mutation.login'] } }),
    /arg:mail of Mutation\.login: there is no "mail"/,
  ],
  ['no default among tiers', { tiers: { free: {} } }, /tiers: none has default: true/],
  ['a window that is no duration', limit({ window: '1 fortnight' }), /few\.window/],
  ['a limit of 0', limit({ limit: 0 }), /few\.limit/],
  ['a kind of owner that is not known', limit({ by: ['subjekt'] }), /few\.by\.0.*subject/],
  ['a weight of a field that is not there', cost({ weights: { 'User.nam': 3 } }), /User\.nam.*"?name"?/],
  ['a list size of what is no list', cost({ listSizes: { 'Query.me': { assumedSize: 3 } } }), /Query\.me/],
  [
    'a weight of a persona',
    { personas: { web: { match: { default: true }, cost: { weights: { 'User.nam': 3 } } } } },
    /personas\.web\.cost.*User\.nam/,
  ],
  [
    'a list size of a persona',
    {
      personas: {
        web: { match: { default: true }, cost: { listSizes: { 'Query.me': { assumedSize: 3 } } } },
      },
    },
    /personas\.web\.cost\.listSizes\.Query\.me: it is no list/,
  ],
  [
    'list sizes of a tier, which has none',
    { tiers: { free: { default: true, cost: { listSizes: {} } as object } } },
    /listSizes/,
  ],
  [
    'weights of a tier, which has none',
    { tiers: { free: { default: true, cost: { weights: { User: 3 } } as object } } },
    /weights/,
  ],
];

test.each(CASES)('the start ends with one sentence: %s', async (_, config, sentence) => {
  expect(await problemsOf(config)).toEqual([expect.stringMatching(sentence)]);
});
