import { z } from 'zod';
import { headerRules } from './header-rules.ts';
import { overridesConfig } from './overrides.ts';
import { subgraphSignature } from './subgraph-signature.ts';
import { ejectionConfig, probeConfig, type TargetUrls, targetUrls } from './targets.ts';
import { subgraphTls } from './tls.ts';
import { concurrencyConfig, hedgeConfig, retryConfig } from './traffic.ts';
import { count, size, someTimeLimit } from './values.ts';
import { type VariantsConfig, variantsConfig } from './variants.ts';

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
  timeout: someTimeLimit.describe('Longest time one request to the subgraph may take.'),
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
  ejection: ejectionConfig.describe(
    'When one of several URLs gets no requests for a time; never more than half of them.',
  ),
  probe: probeConfig
    .optional()
    .describe('Ask each of several URLs how it does, again and again. Absent: requests alone tell.'),
  tls: subgraphTls
    .optional()
    .describe('Certificates of connections to https URLs. Absent: CAs that Node trusts, and none to show.'),
  http2: z
    .boolean()
    .describe(
      'Offer HTTP/2 to https URLs: one connection, on which up to `connections` requests are in flight.',
    ),
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
  ejection: subgraphSettings.ejection.prefault({}),
  probe: subgraphSettings.probe,
  tls: subgraphSettings.tls,
  http2: subgraphSettings.http2.default(false),
});

const oneSubgraph = z.strictObject({
  url: targetUrls
    .optional()
    .describe('Used instead of the routing URL of the supergraph; a list where it has several instances.'),
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
  ejection: subgraphSettings.ejection.optional(),
  probe: subgraphSettings.probe,
  variants: variantsConfig
    .optional()
    .describe('Other versions of the subgraph, by name, with the same schema, for some of the requests.'),
  tls: subgraphSettings.tls,
  http2: subgraphSettings.http2.optional(),
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
  planBudget: someTimeLimit.prefault('2s').describe('Longest time a planner may think about one operation.'),
  deadline: someTimeLimit.prefault('10s').describe('Longest time a request may take as a whole.'),
  deadlines: z
    .record(z.string().min(1).max(256), someTimeLimit)
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
    .describe(
      'Memory for the last good values of fields with `@fallback(stale:)`. With `storage.redis`, all instances share them. 0B: none are kept.',
    ),
  overrides: overridesConfig
    .prefault({})
    .describe(
      'Labels of `@override(label:)` by name: true, false, or the percent of callers for whom it is on. Absent: off.',
    ),
  sharing: sharing.prefault({}).describe('Work that requests in flight share.'),
  subgraphs: z
    .object({ all: allSubgraphs.prefault({}).describe('Settings for every subgraph.') })
    .catchall(oneSubgraph)
    .prefault({})
    .describe('Settings by subgraph name; `all` applies where a subgraph says nothing.'),
});

export type ExecutionConfig = z.output<typeof executionConfig>;
export type SubgraphConfig = z.output<typeof allSubgraphs> & {
  readonly url?: TargetUrls | undefined;
  readonly variants?: VariantsConfig | undefined;
};

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
