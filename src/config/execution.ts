import { z } from 'zod';
import { headerRules } from './header-rules.ts';
import { subgraphSignature } from './subgraph-signature.ts';
import { concurrencyConfig, hedgeConfig, retryConfig } from './traffic.ts';
import { count, duration, httpUrl, size } from './values.ts';

const CLIENT_CODES = ['BAD_USER_INPUT', 'NOT_FOUND', 'FORBIDDEN', 'UNAUTHENTICATED'];

const errors = z.strictObject({
  passCodes: z
    .array(z.string().min(1))
    .default(CLIENT_CODES)
    .describe(
      'Codes that subgraphs address to clients: code and message are passed on. Others become SUBGRAPH_ERROR.',
    ),
  exposeMessages: z
    .boolean()
    .default(false)
    .describe('Pass on the messages of all subgraph errors. `weir dev` switches it on.'),
});

const subgraphSettings = {
  timeout: duration.describe('Longest time one request to the subgraph may take.'),
  maxResponse: size.describe('Largest answer, counted after decompression.'),
  connections: count.max(10_000).describe('Open connections to the origin.'),
  errors: errors.describe('What clients see of the errors of the subgraph.'),
  identity: z
    .boolean()
    .describe('Tell the subgraph who is asking: x-user-id, x-user-roles, x-tenant-id, x-persona.'),
  headers: headerRules.describe(
    'Other headers that the subgraph gets, and those of its replies that clients get.',
  ),
  retry: retryConfig
    .optional()
    .describe('Send requests again that failed and may do better. Absent: none is.'),
  hedge: hedgeConfig
    .optional()
    .describe('Send queries a second time that take unusually long. Absent: none is.'),
  concurrency: concurrencyConfig
    .optional()
    .describe('How many requests it is sent at once. Absent: any number.'),
  signature: subgraphSignature
    .optional()
    .describe("Sign requests (RFC 9421), so that the subgraph can tell that they are the gateway's."),
};

const allSubgraphs = z.strictObject({
  timeout: subgraphSettings.timeout.prefault('5s'),
  maxResponse: subgraphSettings.maxResponse.prefault('32MiB'),
  connections: subgraphSettings.connections.default(128),
  errors: subgraphSettings.errors.prefault({}),
  identity: subgraphSettings.identity.default(true),
  headers: subgraphSettings.headers.prefault({}),
  retry: subgraphSettings.retry,
  hedge: subgraphSettings.hedge,
  concurrency: subgraphSettings.concurrency,
  signature: subgraphSettings.signature,
});

const oneSubgraph = z.strictObject({
  url: httpUrl.optional().describe('Used instead of the routing URL of the supergraph.'),
  timeout: subgraphSettings.timeout.optional(),
  maxResponse: subgraphSettings.maxResponse.optional(),
  connections: subgraphSettings.connections.optional(),
  errors: subgraphSettings.errors.optional(),
  identity: subgraphSettings.identity.optional(),
  headers: subgraphSettings.headers.optional(),
  retry: subgraphSettings.retry,
  hedge: subgraphSettings.hedge,
  concurrency: subgraphSettings.concurrency,
  signature: subgraphSettings.signature,
});

const sharing = z.strictObject({
  operations: z
    .boolean()
    .default(true)
    .describe('Equal queries of callers with equal credentials, in flight at the same time, run once.'),
  fetches: z
    .boolean()
    .default(true)
    .describe('Equal queries to a subgraph, in flight at the same time, are sent once.'),
});

/** How plans are made and run. */
export const executionConfig = z.strictObject({
  planner: z
    .enum(['auto', 'native', 'apollo'])
    .default('auto')
    .describe('auto: the native planner where it can run, else the portable one.'),
  planBudget: duration.prefault('2s').describe('Longest time a planner may think about one operation.'),
  deadline: duration.prefault('10s').describe('Longest time a request may take as a whole.'),
  deadlines: z
    .record(z.string().min(1).max(256), duration)
    .default({})
    .describe(
      'Sooner deadlines of single operations, by the name of the operation or the id of a registered document.',
    ),
  maxAnswer: size.prefault('64MiB').describe('Largest answer to a client.'),
  replay: size
    .prefault('32MiB')
    .describe(
      'Memory for replies: a query whose subgraphs all reply as they did last time gets the answer of last time. 0B: off.',
    ),
  lastGood: size
    .prefault('32MiB')
    .describe('Memory for the last good values of fields with `@fallback(stale:)`.'),
  sharing: sharing.prefault({}).describe('Work that requests in flight share.'),
  subgraphs: z
    .object({ all: allSubgraphs.prefault({}).describe('Settings for every subgraph.') })
    .catchall(oneSubgraph)
    .prefault({})
    .describe('Settings by subgraph name; `all` applies where a subgraph says nothing.'),
});

export type ExecutionConfig = z.output<typeof executionConfig>;
export type SubgraphConfig = z.output<typeof allSubgraphs> & { readonly url?: string | undefined };

/** The settings of one subgraph: its own where given, else those of all. Its header rules follow those of all. */
export function subgraphConfig(execution: ExecutionConfig, name: string): SubgraphConfig {
  const { all, ...named } = execution.subgraphs;
  const own = Object.hasOwn(named, name)
    ? (named as Record<string, z.output<typeof oneSubgraph>>)[name]
    : undefined;
  const given = Object.entries(own ?? {}).filter(([, value]) => value !== undefined);
  const headers = {
    request: [...all.headers.request, ...(own?.headers?.request ?? [])],
    response: [...all.headers.response, ...(own?.headers?.response ?? [])],
  };
  return { ...all, ...Object.fromEntries(given), headers };
}
