import { buildSubgraphSchema } from '@apollo/subgraph';
import { type ExecutionResult, execute, type GraphQLSchema, Kind, parse } from 'graphql';
import { KnownOperations } from '../../../src/cache/invalidation/known-operations.ts';
import type { CacheStore } from '../../../src/cache/store/cache-store.ts';
import { createMemoryStore } from '../../../src/cache/store/memory/memory-store.ts';
import { type GatewayConfigInput, gatewayConfig } from '../../../src/config/gateway-config.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { GatewayError } from '../../../src/errors.ts';
import { createExecutor } from '../../../src/execution/executor.ts';
import { NOTHING_FORWARDED } from '../../../src/execution/fetch/forward.ts';
import type {
  FetchContext,
  SubgraphReply,
  SubgraphRequest,
} from '../../../src/execution/fetch/subgraph-fetch.ts';
import { loadNativePlanner } from '../../../src/execution/planners/native/native.ts';
import { cachePoliciesOf } from '../../../src/gateway/caching.ts';
import { fetchCachingOf } from '../../../src/gateway/fetch-caching.ts';
import { renderAnswer } from '../../../src/http/render-answer.ts';
import { createGeneration } from '../../../src/supergraph/generation.ts';
import { apiSchemaOf } from '../../../src/supergraph/supported-features.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { composeSupergraph, withFederation } from '../../support/compose.ts';
import type { FakeSubgraph } from '../../support/fake-subgraph.ts';
import { handClock } from '../../support/test-identity.ts';

type CacheInput = NonNullable<GatewayConfigInput['cache']>;

export interface KeptGraphOptions {
  readonly subgraphs: Readonly<Record<string, Pick<FakeSubgraph, 'typeDefs' | 'resolvers'>>>;
  readonly cache: CacheInput;
  readonly config?: GatewayConfigInput;
  /** Instead of memory of its own. */
  readonly store?: CacheStore;
}

/** What a subgraph was asked. */
export interface Asked {
  readonly subgraph: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Of all groups, in order. */
  readonly representations: readonly Readonly<Record<string, unknown>>[];
}

/** What stands at a path of an answer. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((found, key) => (found as Record<string | number, unknown>)?.[key], value);
}

export interface CallerInput
  extends Partial<Pick<FetchContext, 'keeping' | 'records' | 'cancel' | 'kept' | 'deadlineAt'>> {
  /** Header lines that all subgraphs get. */
  readonly told?: readonly string[];
}

type Answering = (
  result: ExecutionResult,
  request: SubgraphRequest,
) => Partial<SubgraphReply> & {
  readonly result?: unknown;
};

/** The engine of one generation with an entity cache, over subgraphs without sockets, and a clock moved by hand. */
export async function startKeptGraph({ subgraphs, cache, config = {}, ...options }: KeptGraphOptions) {
  const clock = handClock();
  const metrics = createMetrics();
  const bounds = { maxBytes: 8_000_000, maxEntryBytes: 1_000_000 };
  const store = options.store ?? createMemoryStore({ ...bounds, clock, metrics });
  const schemas = new Map<string, GraphQLSchema>();
  for (const [name, { typeDefs, resolvers }] of Object.entries(subgraphs))
    schemas.set(
      name,
      buildSubgraphSchema({ typeDefs: parse(withFederation(typeDefs)), ...(resolvers && { resolvers }) }),
    );
  const sdl = composeSupergraph(
    Object.entries(subgraphs).map(([name, { typeDefs }]) => ({ name, url: `http://${name}/`, typeDefs })),
  );
  const generation = createGeneration({ sdl, apiSchema: apiSchemaOf(sdl) });
  const asked: Asked[] = [];
  const state: {
    answering: Answering;
    before: (subgraph: string) => Promise<void>;
    after: (subgraph: string) => Promise<void>;
  } = { answering: () => ({}), before: async () => {}, after: async () => {} };
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const whole = parseConfig(gatewayConfig, { ...config, cache: { jitter: 0, ...cache } }, 'test');
  const caching = {
    config: whole.cache as NonNullable<typeof whole.cache>,
    store,
    hotBytes: 0,
    operations: new KnownOperations(),
  };
  const gatewayOptions = { config: whole, clock, metrics, logger } as never;
  const policies = cachePoliciesOf(generation, {
    ...(gatewayOptions as object as Parameters<typeof cachePoliciesOf>[1]),
    caching,
    guardOf: () => null,
    personas: [],
  });
  const ask = async (request: SubgraphRequest): Promise<SubgraphReply> => {
    const { query, variables = {} } = JSON.parse(request.body) as Asked;
    const representations = Object.values(variables).flatMap(value =>
      Array.isArray(value) && value.some(item => item?.__typename !== undefined) ? value : [],
    );
    asked.push({ subgraph: request.subgraph, query, variables, representations });
    await state.before(request.subgraph);
    const schema = schemas.get(request.subgraph) as GraphQLSchema;
    const told = request.context.forwarded.headersFor(request.subgraph);
    const computed = await execute({
      schema,
      document: parse(query),
      variableValues: variables,
      contextValue: told,
    });
    const { result = computed, ...reply } = state.answering(computed, request);
    await state.after(request.subgraph);
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(result)), ...reply };
  };
  const executor = createExecutor({
    generation,
    config: whole.execution,
    errorsOf: () => ({ passCodes: new Set(), exposeMessages: true }),
    ask,
    guarding: null,
    caching: fetchCachingOf(generation, { caching, policies }, gatewayOptions),
    native: await loadNativePlanner(),
    render: renderAnswer,
    planCacheBytes: 10_000_000,
    clock,
    logger,
    costsOf: () => null,
    callsOf: () => null,
    onPlanned: () => {},
    tracing: null,
  });
  return {
    asked,
    clock,
    store,
    metrics,
    state,
    /** What was asked of a subgraph since the last time this was called. */
    takeAsked(subgraph: string): readonly Asked[] {
      const taken = asked.filter(one => one.subgraph === subgraph);
      for (const one of taken) asked.splice(asked.indexOf(one), 1);
      return taken;
    },
    fail(subgraph: string): void {
      state.before = async name => {
        if (name === subgraph) throw new GatewayError('SUBGRAPH_UNAVAILABLE', { extensions: { subgraph } });
      };
    },
    async ask(query: string, variables: Record<string, never | unknown> = {}, caller: CallerInput = {}) {
      const { told = [], ...rest } = caller;
      const document = parse(query, { noLocation: true });
      const definition = document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION);
      if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
      const { answer, errors, fallbacks } = await executor.execute(
        {
          document,
          definition,
          schema: generation.apiSchema,
          omitNulls: false,
          viewId: '',
          documentHash: query,
          denial: null,
          overrides: [],
          id: query,
          variables: variables as never,
          key: JSON.stringify([query, variables]),
        },
        {
          deadlineAt: clock.elapsed() + 10_000,
          requestId: 'r',
          traceparent: null,
          forwarded: {
            ...NOTHING_FORWARDED,
            key: told.join(' '),
            headersFor: () => told,
            keyFor: () => told.join(' '),
          },
          ...rest,
        },
      );
      const data = answer?.toJSON() ?? null;
      return { data, errors: errors.map(({ extensions }) => extensions['code']), fallbacks };
    },
    async count(outcome: string): Promise<number> {
      const text = await metrics.registry.metrics();
      return text
        .split('\n')
        .filter(line => line.startsWith('weir_cache_entities_total{') && line.includes(`"${outcome}"`))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    async [Symbol.asyncDispose]() {
      await executor.close();
      await store.close();
    },
  };
}

export type KeptGraph = Awaited<ReturnType<typeof startKeptGraph>>;
