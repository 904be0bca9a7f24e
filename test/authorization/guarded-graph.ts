import type { ExecutionResult } from 'graphql';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { composeSupergraph } from '../support/compose.ts';
import { type FakeSubgraph, type RunningFake, startFakeSubgraph } from '../support/fake-subgraph.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key" "@requires" "@provides" "@external" "@shareable" "@interfaceObject" "@tag"
  "@authenticated" "@requiresScopes" "@policy"
])`;

const ACCOUNTS = `${LINK}
  type Query {
    me: User strictMe: User! users: [User!]! profiles: [Profile!]! results: [Result!]! vault: Vault vaults: [Vault!]
    motto: String constructor: String @authenticated
  }
  type Mutation {
    rename(name: String): User!
    promote: String @requiresScopes(scopes: [["admin"]])
    pay: Payment!
    payLater: Payment
  }
  interface Profile { id: ID! name: String email: String owner: User }
  type User implements Profile @key(fields: "id") {
    id: ID! name: String friends: [User!]! boss: User owner: User vault: Vault
    email: String @requiresScopes(scopes: [["read:email"]])
    salary: Int! @requiresScopes(scopes: [["read:pay", "hr"], ["admin"]])
    birthday: Date
    mood: Mood
    notes: String @policy(policies: [["is-support"], ["is-boss", "is-awake"]])
    ghost: String @policy(policies: [["nobody-wrote-this"]])
    card(last: Int): String
    toString: String @authenticated
  }
  type Org implements Profile { id: ID! name: String email: String owner: User @requiresScopes(scopes: [["admin"]]) }
  type Payment { id: ID! amount: Int! @requiresScopes(scopes: [["admin"]]) }
  type Vault @authenticated { id: ID! gold: Int }
  union Result = User | Org | Vault
  scalar Date @authenticated
  enum Mood @authenticated { HAPPY SAD }
`;

const USER = {
  __typename: 'User',
  id: 'u-1',
  name: 'Ada',
  email: 'ada@example.org',
  salary: 100,
  birthday: '1815-12-10',
  mood: 'HAPPY',
  notes: 'likes engines',
  ghost: 'boo',
  card: ({ last }: { last?: number }) => `card ${last ?? 'whole'}`,
  toString: 'the user',
};
const VAULT = { __typename: 'Vault', id: 'v-1', gold: 7 };
const ada = (): object => ({
  ...USER,
  vault: VAULT,
  boss: () => bob(),
  owner: () => bob(),
  friends: () => [bob()],
});
const bob = (): object => ({
  ...USER,
  id: 'u-2',
  name: 'Bob',
  friends: [],
  boss: null,
  owner: null,
  vault: null,
});
const ORG = { __typename: 'Org', id: 'o-1', name: 'Engines', email: 'hello@engines.example', owner: bob };

const accounts: FakeSubgraph = {
  typeDefs: ACCOUNTS,
  resolvers: {
    Query: {
      me: ada,
      strictMe: ada,
      users: () => [ada(), bob()],
      profiles: () => [ada(), ORG],
      results: () => [ada(), ORG, VAULT],
      vault: () => VAULT,
      vaults: () => [VAULT],
      motto: () => 'hello',
      constructor: () => 'secret',
    },
    Mutation: {
      rename: (_: unknown, { name }: { name: string }) => ({ ...USER, name }),
      promote: () => 'promoted',
      pay: () => ({ id: 'pay-1', amount: 5 }),
      payLater: () => ({ id: 'pay-2', amount: 6 }),
    },
    User: { __resolveReference: ({ id }: { id: string }) => (id === 'u-1' ? ada() : bob()) },
  },
};

const BILLING: FakeSubgraph = {
  typeDefs: `${LINK}
    type User @key(fields: "id") {
      id: ID! email: String @external name: String @external
      receiptTo: String @requires(fields: "email") @requiresScopes(scopes: [["read:email"]])
      greeting: String @requires(fields: "name")
    }`,
  resolvers: {
    User: {
      receiptTo: ({ email }: { email: string }) => `to ${email}`,
      greeting: ({ name }: { name: string }) => `Dear ${name}`,
    },
  },
};

export const GUARDED: Readonly<Record<string, FakeSubgraph>> = { accounts, billing: BILLING };

/** Who asks; without anything, nobody in particular. */
export interface Asker {
  readonly sub?: string;
  readonly scope?: string;
  readonly roles?: readonly string[];
  readonly tier?: string;
  /** A claim that personas of tests go by. */
  readonly aud_client?: string;
  readonly anonymous?: boolean;
}

export const ANONYMOUS: Asker = { anonymous: true };

interface GuardedOptions {
  readonly subgraphs?: Readonly<Record<string, FakeSubgraph>>;
  readonly config?: GatewayConfigInput;
  readonly mode?: 'filter' | 'reject' | 'dry-run';
  /** Text of a rules module. */
  readonly rules?: string;
  /** Files beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
  /** What another composition would have written. */
  readonly editSdl?: (sdl: string) => string;
}

export interface GuardedGateway extends AsyncDisposable {
  readonly gateway: TestGateway<never>;
  readonly issuer: RunningIssuer;
  readonly subgraphs: Readonly<Record<string, RunningFake>>;
  headers(asker: Asker): Record<string, string>;
  ask(query: string, asker?: Asker, variables?: Readonly<Record<string, unknown>>): Promise<ExecutionResult>;
  post(body: unknown, asker?: Asker): Promise<Response>;
  /** Every text that subgraphs were asked with, joined. */
  asked(): string;
  /** How many requests subgraphs got. */
  requests(): number;
  metric(sample: string): Promise<number>;
}

/** A gateway with guarded fields, an issuer of real tokens, and subgraphs that remember what they were asked. */
export async function startGuarded(options: GuardedOptions = {}): Promise<GuardedGateway> {
  const { subgraphs = GUARDED, config = {}, mode = 'filter', rules, files = {} } = options;
  const issuer = await startIssuer();
  const running = Object.fromEntries(
    await Promise.all(
      Object.entries(subgraphs).map(async ([name, fake]) => [name, await startFakeSubgraph(fake)] as const),
    ),
  );
  const sdl = composeSupergraph(
    Object.entries(subgraphs).map(([name, { typeDefs }]) => ({
      name,
      typeDefs,
      url: running[name]?.url ?? '',
    })),
  );
  const folder = await temporaryFolder(rules === undefined ? files : { ...files, 'rules.ts': rules });
  const gateway = await startGateway({
    supergraphSdl: options.editSdl?.(sdl) ?? sdl,
    folder: folder.path,
    config: {
      identity: { jwt: { providers: [issuer.provider] } },
      policy: { authorization: { mode, ...(rules === undefined ? {} : { rules: './rules.ts' }) } },
      ...config,
    } as GatewayConfigInput,
  });
  const fakes = Object.values(running);
  const headers = ({ anonymous, ...claims }: Asker): Record<string, string> =>
    anonymous ? {} : { authorization: `Bearer ${issuer.token(claims)}` };
  return {
    gateway,
    issuer,
    subgraphs: running,
    headers,
    ask: (query, asker = {}, variables = {}) => gateway.ask(query, variables, headers(asker)),
    post: (body, asker = {}) => gateway.handle(graphqlRequest(body, headers(asker))),
    asked: () => fakes.flatMap(({ requests }) => requests.map(({ query }) => query)).join('\n'),
    requests: () => fakes.reduce((sum, { requests }) => sum + requests.length, 0),
    async metric(sample) {
      const { payload } = await gateway.gateway.admin.inject('/metrics');
      const line = payload.split('\n').find(text => text.startsWith(`${sample} `));
      return Number(line?.slice(sample.length + 1) ?? Number.NaN);
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await Promise.all([issuer, folder, ...fakes].map(part => part[Symbol.asyncDispose]()));
    },
  };
}

export async function answerOf(response: Response | Promise<Response>): Promise<ExecutionResult> {
  return (await (await response).json()) as ExecutionResult;
}

/** Code and path of each error, in their order. */
export function refusals({ errors = [] }: ExecutionResult): readonly [unknown, string][] {
  return errors.map(({ extensions, path }) => [extensions?.['code'], (path ?? []).join('.')]);
}

/** What `refusals` says of fields that were taken out. */
export function unauthorized(...paths: readonly string[]): readonly [string, string][] {
  return paths.map(path => ['UNAUTHORIZED_FIELD', path]);
}
