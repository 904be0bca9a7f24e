import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { randomId } from '../../src/shared/random-id.ts';
import { composeSupergraph } from '../support/compose.ts';
import { type RunningFake, startFakeSubgraph } from '../support/fake-subgraph.ts';
import { type GatewayProcess, type Reply, startGatewayProcess } from '../support/start-gateway-process.ts';

const TYPE_DEFS = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"])
  type Query {
    item(id: ID!): Item @cacheTag(format: "item-{$args.id}")
    news(of: ID!): Int
    slogan: String
  }
  type Item @key(fields: "id") { id: ID! version: Int! }
`;

/** Longer than it takes to ask for one several times on a machine that is busy, and than many are asked for at once. */
export const NEWS_LAST_MS = 3_000;

/** Items are kept for long, news for some seconds and then made anew behind answers, slogans not at all. */
const CACHE: GatewayConfigInput['cache'] = {
  jitter: 0,
  fields: {
    Item: { maxAge: '10m' },
    'Query.item': { maxAge: '10m' },
    'Query.news': { maxAge: `${NEWS_LAST_MS}ms`, staleWhileRevalidate: '10m' },
  },
};

export interface FleetOptions {
  /** Of each process. */
  readonly redisUrls: readonly [string, string];
  readonly readTimeout?: string;
  readonly config?: GatewayConfigInput;
}

/** Two processes on one Redis, and the subgraph that they have in common. */
export interface Fleet extends AsyncDisposable {
  readonly first: GatewayProcess;
  readonly second: GatewayProcess;
  readonly subgraph: RunningFake;
  /** Of its keys in Redis. */
  readonly prefix: string;
  /** What everything that is asked for has from now on. */
  version: number;
  /** How long the subgraph takes for it. */
  thinksMs: number;
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { redisUrls, readTimeout = '150ms', config = {} } = options;
  const state = { version: 1, thinksMs: 0 };
  const think = async (): Promise<number> => {
    await sleep(state.thinksMs);
    return state.version;
  };
  const subgraph = await startFakeSubgraph({
    typeDefs: TYPE_DEFS,
    resolvers: {
      Query: {
        item: (_: unknown, { id }: { id: string }) => ({ id }),
        news: think,
        slogan: () => 'onwards',
      },
      Item: { __resolveReference: (item: object) => item, version: think },
    },
  });
  const prefix = `test-${randomId()}`;
  const supergraphSdl = composeSupergraph([{ name: 'items', url: subgraph.url, typeDefs: TYPE_DEFS }]);
  const started = await Promise.allSettled(
    redisUrls.map(url =>
      startGatewayProcess({
        supergraphSdl,
        config: {
          cache: CACHE,
          // Nothing depends on who asks.
          execution: { subgraphs: { all: { identity: false } }, replay: '0B' },
          ...config,
          storage: { redis: { url, prefix, readTimeout } },
        },
      }),
    ),
  );
  const processes = started.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
  const dispose = async (): Promise<void> => {
    await Promise.all(processes.map(one => one[Symbol.asyncDispose]()));
    await subgraph[Symbol.asyncDispose]();
  };
  const [first, second] = processes;
  if (first === undefined || second === undefined) {
    await dispose();
    throw started.find(one => one.status === 'rejected')?.reason;
  }
  await Promise.all(processes.map(one => one.logged('Redis is ready'))).catch(async error => {
    await dispose();
    throw error;
  });
  return Object.assign(state, { first, second, subgraph, prefix, [Symbol.asyncDispose]: dispose });
}

export const item = (id: string): string => `{ item(id: "${id}") { id version } }`;

export const news = (of: string): string => `{ news(of: "${of}") }`;

/** The status that operators get. */
export async function invalidate({ admin }: GatewayProcess, tag: string): Promise<number> {
  const response = await fetch(`${admin}/cache/invalidate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'tag', tag }),
  });
  await response.arrayBuffer();
  return response.status;
}

export const versionIn = ({ body }: Reply): unknown =>
  (body.data as { readonly item?: { readonly version?: number } } | undefined)?.item?.version;
