import type { SupergraphManager } from '@apollo/gateway';
import type { ApolloServer, ApolloServerPlugin } from '@apollo/server';
import type {
  GatewayExecutor,
  GatewayGraphQLRequestContext,
  GatewayInterface,
} from '@apollo/server-gateway-interface';
import type { FastifyInstance } from 'fastify';
import { createAdminListener } from './admin/listener.ts';
import { subgraphConfig } from './config/execution.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import { checkSubgraphNames } from './config/suspicious.ts';
import { GatewayError } from './errors.ts';
import { createExecutor, type Executor } from './execution/executor.ts';
import { NOTHING_FORWARDED } from './execution/fetch/forward.ts';
import { logFailures } from './execution/fetch/log.ts';
import { measureFetches } from './execution/fetch/measure.ts';
import { shareInFlight } from './execution/fetch/share.ts';
import { traceFetches } from './execution/fetch/trace.ts';
import { createTransport, type Transport } from './execution/fetch/transport.ts';
import { loadNativePlanner, type NativePlannerModule } from './execution/planners/native/native.ts';
import { createApolloServer } from './http/apollo-server.ts';
import { registerGraphiql } from './http/graphiql.ts';
import { registerGraphqlRoute } from './http/graphql-route.ts';
import { injectRequest } from './http/inject.ts';
import { createListener } from './http/listener.ts';
import { pipelinePlugin } from './http/pipeline-plugin.ts';
import { acceptJsonBodies } from './http/read-body.ts';
import { type RenderedAnswer, renderAnswer } from './http/render-answer.ts';
import type { RequestContext } from './http/request-context.ts';
import { traceRequests, tracingPlugin } from './http/trace-requests.ts';
import { bindOperation } from './operation/bind.ts';
import { noIncrementalDelivery } from './operation/check-incremental.ts';
import { createDocumentStore } from './operation/document-store.ts';
import { type OperationCall, shareOperations } from './operation/share-operations.ts';
import type { Clock } from './shared/clock.ts';
import { createGeneration, type Generation } from './supergraph/generation.ts';
import { GenerationFeed } from './supergraph/generation-feed.ts';
import { WeirGateway } from './supergraph/weir-gateway.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { loadTracingIfConfigured, type Tracing } from './telemetry/tracing.ts';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  /** Brings the supergraph and its updates. */
  readonly manager: SupergraphManager;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Apollo Server plugins of the user; they run before ours. */
  readonly plugins?: readonly ApolloServerPlugin<RequestContext>[];
}

export interface Gateway {
  /** The client listener, ready to `listen` or `inject`. */
  readonly app: FastifyInstance;
  /** The operator listener. */
  readonly admin: FastifyInstance;
  /** Serves one request without a socket. */
  handle(request: Request): Promise<Response>;
  /** The generation that new requests meet. */
  generation(): Generation;
  /** Turns readiness off; requests are still served. */
  beginShutdown(): void;
  close(): Promise<void>;
}

/** Everything that lives and dies with one generation. */
interface LiveGeneration {
  readonly generation: Generation;
  readonly executor: Executor<RenderedAnswer>;
  readonly transport: Transport;
}

/** Builds every stage from the config and wires them, in the order in which a request meets them. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, logger } = options;
  const native = await loadNativePlanner();
  const tracing = await loadTracingIfConfigured(config.telemetry);
  const live = new GenerationFeed<LiveGeneration>(async retired => {
    await retired.executor.close();
    await retired.transport.close();
  });
  const execute = createExecute(live, options);

  const supergraph = new WeirGateway({ manager: options.manager, logger, execute });
  supergraph.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl }) => {
    const load = (): LiveGeneration => {
      const generation = createGeneration(coreSupergraphSdl, apiSchema);
      checkSubgraphNames(config, [...generation.facts.urls.keys()]);
      return bringToLife(generation, { ...options, native, tracing });
    };
    publishGeneration(live, load, options);
  });
  await supergraph.open(() => live.assertLoaded());

  const server = createServer(live.facade(execute), options, tracing);
  await server.start();

  const state = { stopping: false };
  const { app, admin } = createListeners(server, {
    ...options,
    tracing,
    isStopping: () => state.stopping,
    isReady: () => !state.stopping && live.isLoaded,
  });
  return {
    app,
    admin,
    handle: request => injectRequest(app, request),
    generation: () => live.current().generation,
    beginShutdown() {
      state.stopping = true;
    },
    async close() {
      state.stopping = true;
      await app.close();
      await server.stop();
      await supergraph.stop();
      await live.close();
      await admin.close();
      await tracing?.close();
    },
  };
}

/** The request pipeline over the served generation. */
function createServer(
  gateway: GatewayInterface,
  { config, plugins = [], metrics, logger }: GatewayOptions,
  tracing: Tracing | null,
): ApolloServer<RequestContext> {
  return createApolloServer({
    gateway,
    plugins: [
      ...plugins,
      pipelinePlugin({ bind: bindRequest, metrics, logger }),
      ...(tracing === null ? [] : [tracingPlugin()]),
    ],
    validationRules: [noIncrementalDelivery],
    documentStore: createDocumentStore(config.operation.documentCache),
    introspection: config.operation.introspection,
    maxTokens: config.operation.maxTokens,
    logger,
  });
}

interface ListenerOptions extends GatewayOptions {
  readonly tracing: Tracing | null;
  readonly isStopping: () => boolean;
  readonly isReady: () => boolean;
}

/** What clients and operators connect to. */
function createListeners(
  server: ApolloServer<RequestContext>,
  options: ListenerOptions,
): Pick<Gateway, 'app' | 'admin'> {
  const { config, logger, metrics, clock, tracing, isStopping, isReady } = options;
  const { maxNesting } = config.operation;
  const { path, bodyLimit, batching, compression } = config.server;
  const app = createListener(config.server, {
    logger,
    metrics,
    isReady,
    isStopping,
    tracing: tracing === null ? null : traceRequests(tracing),
  });
  acceptJsonBodies(app, { bodyLimit, maxNesting });
  registerGraphqlRoute(app, {
    path,
    server,
    maxNesting,
    maxBatch: batching?.maxOperations ?? null,
    minCompressedBytes: compression.minBytes,
    isStopping,
    clock,
  });
  if (config.server.graphiql) registerGraphiql(app, { path });
  return { app, admin: createAdminListener({ metrics, isReady }) };
}

/** Serves the next generation, or goes on with the last good one and says why. */
function publishGeneration(
  feed: GenerationFeed<LiveGeneration>,
  load: () => LiveGeneration,
  { metrics, logger, clock }: GatewayOptions,
): void {
  const isFirst = !feed.isLoaded;
  try {
    const next = load();
    const { id, apiSchema, sdl, facts } = next.generation;
    feed.publish(next, apiSchema, sdl);
    metrics.generation(id, clock.now() / 1_000);
    metrics.reload('ok');
    logger.info({ generation: id, subgraphs: [...facts.urls.keys()] }, 'supergraph loaded');
  } catch (error) {
    feed.failed(error);
    metrics.reload('failed');
    // The first failure ends the start, which tells about it.
    if (!isFirst)
      logger.error({ err: error }, 'the new supergraph cannot be served; the last good one stays');
  }
}

interface LifeOptions extends GatewayOptions {
  readonly native: NativePlannerModule | null;
  readonly tracing: Tracing | null;
}

/** The engine and the connections of a generation. */
function bringToLife(
  generation: Generation,
  { config, logger, metrics, clock, native, tracing }: LifeOptions,
): LiveGeneration {
  const { execution } = config;
  const endpoints = new Map(
    [...generation.facts.urls].map(([name, composedUrl]) => {
      const { url = composedUrl, timeout, maxResponse, connections } = subgraphConfig(execution, name);
      return [name, { url, timeoutMs: timeout, maxResponseBytes: maxResponse, connections }];
    }),
  );
  const transport = createTransport(endpoints, clock);
  const logged = logFailures(transport.fetch, { logger, clock });
  const counted = measureFetches(logged, metrics.fetch, clock);
  const measured = tracing === null ? counted : traceFetches(counted, { tracing, endpoints });
  const ask = execution.sharing.fetches
    ? shareInFlight(measured, { clock, onShared: metrics.fetchShared })
    : measured;
  const executor = createExecutor({
    generation,
    config: execution,
    errorsOf(subgraph) {
      const { errors } = subgraphConfig(execution, subgraph);
      return { passCodes: new Set(errors.passCodes), exposeMessages: errors.exposeMessages };
    },
    ask,
    native,
    render: renderAnswer,
    planCacheSize: config.operation.planCache,
    clock,
    logger,
    onPlanned: metrics.planned,
    tracing,
  });
  return { generation, executor, transport };
}

interface GatewayCall extends OperationCall {
  readonly request: RequestContext;
  readonly live: LiveGeneration;
}

/** What Apollo Server calls to execute an operation that it has parsed and validated and our plugin has bound. */
function createExecute(feed: GenerationFeed<LiveGeneration>, options: GatewayOptions): GatewayExecutor {
  const { execution } = options.config;
  const run = ({ operation, deadlineAt, request, live }: GatewayCall): Promise<RenderedAnswer> =>
    live.executor.execute(operation, {
      deadlineAt,
      requestId: request.id,
      traceparent: request.trace.traceparent,
      forwarded: NOTHING_FORWARDED,
    });
  const execute = execution.sharing.operations
    ? shareOperations(run, { clock: options.clock, onShared: options.metrics.operationShared })
    : run;

  return async (apollo: GatewayGraphQLRequestContext) => {
    const request = apollo.context as RequestContext;
    const { operation } = request.progress;
    try {
      if (operation === null) throw new TypeError('the operation was not bound');
      const live = feed.of(apollo.schema);
      const { answer, errors } = await execute({
        operation,
        generationId: live.generation.id,
        credentials: request.credentials,
        deadlineAt: request.receivedAt + execution.deadline,
        request,
        live,
      });
      request.progress.answer = answer;
      return { data: answer, ...(errors.length > 0 ? { errors } : {}) };
    } catch (error) {
      const known =
        error instanceof GatewayError ? error : new GatewayError('INTERNAL_SERVER_ERROR', { cause: error });
      throw known.toGraphQLError();
    }
  };
}

const bindRequest: Parameters<typeof pipelinePlugin>[0]['bind'] = ({ schema, request }) => {
  const { document, operation, queryHash } = request;
  if (document === undefined || operation === undefined || queryHash === undefined) return [];
  const variables = request.request.variables ?? {};
  return bindOperation({ schema, document, definition: operation, documentHash: queryHash, variables });
};
