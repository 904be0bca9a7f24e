import { expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { createRandom } from '../../subgraphs/shared/random.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { startIssuer } from '../support/jwks-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type HandClock, handClock } from '../support/test-identity.ts';
import { type Dice, diceOf, disguise, randomRequest } from './random-requests.ts';
import { type Sent, startTwins, type Told, type Twins } from './twins.ts';

const TYPES = `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag", "@authenticated", "@requiresScopes"])
  scalar Any
  type Query {
    motto: String
    mine: String
    moved: String
    hidden: String @tag(name: "internal")
    echo(text: String, any: Any, number: Float): String
    broken: String
    needed: String!
    nothing: String
    large: String
    limited: String
    judged: String
    secret: String @requiresScopes(scopes: [["read"]])
  }
  type Mutation { add(by: Int!): Int }
  type Subscription { tick: Int }`;

/** What they are now and then instead. */
const SCHEMAS = [
  TYPES,
  TYPES.replace('moved: String', ''),
  TYPES.replace('motto: String', 'motto: String @authenticated'),
];

const RULES = `
  import { rule } from 'graphql-shield';
  const judged = rule({ cache: 'no_cache' })((_p, _a, { headers, caller }) =>
    caller.subject === 'alice' || headers.get('x-language') === 'de');
  export const permissions = { Query: { judged } };
`;

const client = (name: string) => ({ match: { clients: [{ name }] } });

const CONFIG: GatewayConfigInput = {
  operation: { introspection: true },
  server: { batching: { maxOperations: 3 }, cors: { origins: ['https://good.example'] } },
  cache: {
    jitter: 0,
    fields: {
      'Query.motto': { maxAge: '5s', staleIfError: '10s' },
      'Query.mine': { maxAge: '5s', scope: 'PRIVATE' },
      'Query.large': { maxAge: '60s' },
      'Query.secret': { maxAge: '60s' },
    },
  },
  // How long they stay open is by chance.
  breakers: { guard: 'declared' },
  execution: {
    subgraphs: {
      all: {
        headers: {
          request: [{ propagate: { name: 'x-language' } }],
          response: [{ propagate: { name: 'x-told' } }, { insert: { name: 'x-via', value: 'weir' } }],
        },
      },
    },
  },
  personas: {
    web: {
      match: { default: true },
      audit: true,
      explain: true,
      cost: { show: true },
      documents: { apq: true },
    },
    plain: {
      ...client('plain'),
      documents: { apq: false },
      introspection: false,
      response: { omitNulls: true },
    },
    logs: { ...client('logs'), documents: { mode: 'log-unknown', manifests: ['m.json'] } },
    safe: {
      ...client('safe'),
      documents: { mode: 'safelist', manifests: ['m.json'] },
      response: { maxAge: '1m' },
    },
    narrow: {
      ...client('narrow'),
      contract: { excludeTags: ['internal'] },
      audit: true,
      limits: { aliases: 20 },
    },
  },
  policy: {
    authorization: { rules: 'rules.ts' },
    cost: { mode: 'enforce', max: 20 },
    rateLimit: {
      limits: {
        each: { limit: 150, window: '1m' },
        adding: { limit: 10, window: '1m', for: { operations: ['Add'] } },
        few: { limit: 10, window: '1m', for: { coordinates: ['Query.limited'] }, onExceeded: 'prune' },
      },
    },
  },
};

const ALL = { motto: '{ motto }', other: '{ mine motto }', large: 'query Large { large }' };

async function start(clock: HandClock, folder: string, provider: object): Promise<Twins> {
  return startTwins({
    clock,
    folder,
    config: { ...CONFIG, identity: { jwt: { providers: [provider as never] } } },
    subgraph() {
      let sum = 0;
      return {
        typeDefs: TYPES,
        resolvers: {
          Query: {
            motto: () => `cheap ${clock.at}`,
            mine: (_: unknown, __: unknown, headers: unknown) =>
              String((headers as Record<string, string>)['x-user-id']),
            moved: () => 'here',
            hidden: () => 'internal',
            echo: (_: unknown, args: object) => JSON.stringify(args),
            broken: () => {
              throw new Error('out of order');
            },
            needed: () => null,
            large: () => 'large '.repeat(1_000),
            limited: () => 'few',
            judged: () => 'allowed',
            secret: (_: unknown, __: unknown, headers: unknown) => JSON.stringify(headers).includes('de'),
          },
          Mutation: { add: (_: unknown, { by }: { by: number }) => (sum += by) },
        },
      };
    },
  });
}

/** Something that happens beside the requests, to both. */
async function disturb({ pick, happens }: Dice, clock: HandClock, twins: Twins): Promise<void> {
  if (happens(0.1)) clock.at += pick([1, 100, 1_100, 3_000, 6_000, 70_000]);
  for (const { subgraph } of twins.pair) subgraph.respond = undefined;
  if (happens(0.05)) {
    const status = pick([500, 200]);
    for (const { subgraph } of twins.pair)
      subgraph.respond = (_, response) =>
        sendJson(response, { data: null, errors: [{ message: 'no' }] }, status);
  }
  if (happens(0.01)) await twins.publish(pick(SCHEMAS));
}

/** How long something took is by chance, and so is how many digits it has. */
function withoutTimes(told: Told): Told {
  const body = told.body.replace(/"ms":[\d.]+/g, '');
  return body === told.body ? told : { ...told, body, headers: { ...told.headers, 'content-length': '' } };
}

const ROUNDS = Number(process.env['WEIR_FUZZ_ROUNDS'] ?? 600);

test.each([1, 2])('any request is answered the same, whatever came before (seed %i)', async seed => {
  const clock = handClock();
  await using folder = await temporaryFolder({ 'm.json': JSON.stringify(ALL), 'rules.ts': RULES });
  await using issuer = await startIssuer({ now: () => clock.at });
  await using twins = await start(clock, folder.path, issuer.provider);
  const dice = diceOf(createRandom(seed + Number(process.env['WEIR_FUZZ_SEED'] ?? 0)));
  const bearer = (claims: object) => ({ authorization: `Bearer ${issuer.token({ ...claims })}` });
  const old = bearer({ sub: 'alice', scope: 'read' });
  const sent: Sent[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await disturb(dice, clock, twins);
    const credentials = () =>
      dice.pick([
        {},
        bearer({ sub: 'alice', scope: 'read' }),
        bearer({ sub: 'alice', scope: 'read' }),
        bearer({ sub: 'bob' }),
      ]);
    const before = sent.length === 0 || dice.happens(0.2) ? null : dice.pick(sent.slice(-12));
    const asked = before === null ? randomRequest(dice) : dice.happens(0.4) ? disguise(before, dice) : before;
    if (before === null || dice.happens(0.1)) sent.push(asked);
    // Some with a token that has expired, or never was one.
    const authorization = dice.happens(0.02)
      ? { authorization: 'Bearer x.y.z' }
      : dice.happens(0.02)
        ? old
        : credentials();
    const again = { ...asked, headers: { ...asked.headers, ...authorization } };
    const request = { ...again, headers: { ...again.headers, 'x-request-id': `r-${round}` } };
    const [familiar, usual] = await twins.ask(request);
    expect(withoutTimes(familiar), `${round}: ${JSON.stringify(request)}`).toEqual(withoutTimes(usual));
  }
  const [familiar, usual] = twins.pair;
  expect(familiar.log).toEqual(usual.log);
  // Of a batch, whichever comes first.
  const asked = ({ subgraph }: typeof usual) =>
    subgraph.requests
      .map(({ query, variables, headers }) =>
        JSON.stringify([
          headers['x-request-id'],
          headers['x-user-id'],
          headers['x-persona'],
          query,
          variables,
        ]),
      )
      .sort();
  expect(asked(familiar)).toEqual(asked(usual));
  expect(await familiar.counts()).toEqual(await usual.counts());
});
