import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { composeSupergraph } from '../../src/supergraph/compose.ts';
import { type FakeSubgraph, type RunningFake, startFakeSubgraph } from '../support/fake-subgraph.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { type HandClock, handClock } from '../support/test-identity.ts';

const LINK = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key" "@authenticated" "@cost" "@listSize"])
  @link(url: "https://weir.dev/weir/v1.0", import: ["@rateLimit"])`;

/** What servers that check directives want in their own schema. */
const RATE_LIMIT = `directive @rateLimit(limit: Int!, window: String!, by: [String!] = ["subject"],
  algorithm: String = "sliding-window", burst: Int, onExceeded: String = "reject") repeatable on FIELD_DEFINITION | OBJECT`;

export const PEOPLE = `
  type Query {
    me: User
    users(first: Int): [User!]! @listSize(slicingArguments: ["first"], assumedSize: 10, requireOneSlicingArgument: false)
    page(first: Int, last: Int): [User!]! @listSize(slicingArguments: ["first", "last"])
    search(text: String @cost(weight: 3)): [Result] @listSize(assumedSize: 5)
    profile: Profile
    everybody: [User!]
    motto: String
    tip: String
    advice: String!
    secret: String @authenticated
    throttled: String @rateLimit(limit: 2, window: "1m", by: ["ip"])
  }
  type Mutation {
    login(email: String!, password: String!): String @rateLimit(limit: 2, window: "1m", by: ["arg:email"])
    rename(name: String): User
  }
  union Result = User | Company
  interface Profile { name: String avatar: String }
  type User implements Profile @key(fields: "id") {
    id: ID!
    name: String
    avatar: String @cost(weight: 5)
    tags: [String] @cost(weight: 2)
    score: Int
    best: User
    friends(first: Int): [User!] @listSize(slicingArguments: ["first"], assumedSize: 10, requireOneSlicingArgument: false)
  }
  type Company implements Profile @cost(weight: 4) { id: ID name: String avatar: String }
`;

export const POSTS = `
  type User @key(fields: "id") {
    id: ID!
    posts(first: Int = 3): [Post!]! @listSize(slicingArguments: ["first"])
  }
  type Post @cost(weight: 2) { title: String author: User }
`;

interface User {
  readonly __typename: 'User';
  readonly id: string;
}

export const user = (id: number): User => ({ __typename: 'User', id: `${id}` });
const count = ({ first }: { first?: number | null }, otherwise: number): number => first ?? otherwise;
const users = (length: number): User[] => Array.from({ length }, (_, id) => user(id));

export const people: FakeSubgraph = {
  typeDefs: `${LINK} ${RATE_LIMIT} ${PEOPLE}`,
  resolvers: {
    Query: {
      me: () => user(0),
      users: (_: unknown, given: { first?: number }) => users(count(given, 4)),
      page: (_: unknown, given: { first?: number }) => users(count(given, 2)),
      search: () => [user(0), { __typename: 'Company', id: 'c', name: 'ACME', avatar: 'a.png' }, null],
      profile: () => ({ __typename: 'Company', id: 'c', name: 'ACME', avatar: 'a.png' }),
      everybody: () => users(15),
      motto: () => 'onwards',
      tip: () => 'rest',
      advice: () => 'sleep',
      secret: () => 'hidden',
      throttled: () => 'slowly',
    },
    Mutation: { login: () => 'welcome', rename: () => user(1) },
    User: {
      __resolveReference: ({ id }: User) => user(Number(id)),
      name: ({ id }: User) => `user ${id}`,
      // Some are there and some are not.
      avatar: ({ id }: User) => (Number(id) % 2 === 0 ? `${id}.png` : null),
      tags: ({ id }: User) => (id === '1' ? null : ['a', null, 'b']),
      score: ({ id }: User) => Number(id),
      best: ({ id }: User) => (id === '3' ? null : user(0)),
      friends: (_: User, given: { first?: number }) => users(count(given, 2)),
    },
  },
};

const posts: FakeSubgraph = {
  typeDefs: `${LINK} ${RATE_LIMIT} ${POSTS}`,
  resolvers: {
    User: {
      posts: ({ id }: User, { first }: { first: number }) =>
        Array.from({ length: Math.min(first, 1 + Number(id)) }, (_, index) => ({
          title: `${id}/${index}`,
          id,
        })),
    },
    Post: { author: ({ id }: { id: string }) => user(Number(id)) },
  },
};

export interface LimitedOptions {
  readonly config?: GatewayConfigInput;
  readonly clock?: HandClock;
  readonly folder?: string;
  readonly plugins?: Parameters<typeof startGateway>[0]['plugins'];
}

export interface Limited extends TestGateway<never> {
  readonly clock: HandClock;
  readonly people: RunningFake;
  readonly posts: RunningFake;
  /** Requests that the two have seen. */
  asked(): number;
}

/** A gateway over two subgraphs whose lists have sizes, with a clock that is moved by hand. */
export async function startLimited(options: LimitedOptions = {}): Promise<Limited> {
  const { clock = handClock() } = options;
  const running = [await startFakeSubgraph(people), await startFakeSubgraph(posts)] as const;
  const parts = [
    ['people', people, running[0]],
    ['posts', posts, running[1]],
  ] as const;
  const { sdl } = composeSupergraph(
    parts.map(([name, { typeDefs }, { url }]) => ({ name, url, sdl: typeDefs, origin: `${name}.graphql` })),
  );
  const closeParts = async () => void (await Promise.all(running.map(part => part[Symbol.asyncDispose]())));
  const started = startGateway({ ...options, supergraphSdl: sdl, clock });
  const gateway = await started.catch(async (error: unknown) => {
    await closeParts();
    throw error;
  });
  return {
    ...gateway,
    clock,
    people: running[0],
    posts: running[1],
    asked: () => running[0].requests.length + running[1].requests.length,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await closeParts();
    },
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at, whatever they hold
  readonly body: any;
  readonly data: unknown;
  /** Codes of its errors. */
  readonly codes: readonly unknown[];
  readonly cost: unknown;
}

type Fields = Readonly<Record<string, unknown>>;
type Names = Readonly<Record<string, string>>;

export async function replyOf(response: Response): Promise<Reply> {
  const body = (await response.json()) as Reply['body'];
  const { status, headers } = response;
  const errors: { extensions?: { code?: unknown } }[] = body.errors ?? [];
  return {
    status,
    headers,
    body,
    data: body.data,
    codes: errors.map(({ extensions }) => extensions?.code),
    cost: body.extensions?.cost,
  };
}

export async function post(
  { handle }: Pick<Limited, 'handle'>,
  query: string,
  { variables = {}, headers = {} }: { readonly variables?: Fields; readonly headers?: Names } = {},
): Promise<Reply> {
  return replyOf(await handle(graphqlRequest({ query, variables }, headers)));
}
