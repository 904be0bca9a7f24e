import type { SupergraphManager } from '@apollo/gateway';
import type { ApolloServerPlugin } from '@apollo/server';
import type { GatewayExecutor, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, OperationTypeNode } from 'graphql';
import { createAdminListener } from './admin/listener.ts';
import { subgraphConfig } from './config/execution.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import { checkSubgraphNames } from './config/suspicious.ts';
import { GatewayError } from './errors.ts';
import type { Executed as Rendering } from './execution/engine.ts';
import { createExecutor, type Executor } from './execution/executor.ts';
import { measureFetches } from './execution/fetch/measure.ts';
import { shareInFlight } from './execution/fetch/share.ts';
import { traceFetches } from './execution/fetch/trace.ts';
import { createTransport, type Transport } from './execution/fetch/transport.ts';
import { loadNativePlanner, type NativePlannerModule } from './execution/planners/native.ts';
import { Answer } from './http/answer.ts';
import { createApolloServer } from './http/apollo-server.ts';
import { registerGraphiql } from './http/graphiql.ts';
import { registerGraphqlRoute } from './http/graphql-route.ts';
import { injectRequest } from './http/inject.ts';
import { createListener } from './http/listener.ts';
import { pipelinePlugin } from './http/pipeline-plugin.ts';
import { acceptJsonBodies } from './http/read-body.ts';
import type { RequestContext } from './http/request-context.ts';
import { traceRequests, tracingPlugin } from './http/trace-requests.ts';
import { bindOperation } from './operation/bind.ts';
import { noIncrementalDelivery } from './operation/check-incremental.ts';
import { createDocumentStore } from './operation/document-store.ts';
import type { Clock } from './shared/clock.ts';
import { InFlight } from './shared/in-flight.ts';
import { Turnstile } from './shared/turnstile.ts';
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
  readonly executor: Executor<Executed>;
  readonly transport: Transport;
}

interface Executed {
  readonly answer: Answer | null;
  readonly errors: readonly GraphQLError[];
}

/** Builds every stage from the config and wires them, in the order in which a request meets them. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, logger, metrics, clock } = options;
  const native = await loadNativePlanner();
  const tracing = await loadTracingIfConfigured(config.telemetry);
  const live = new GenerationFeed<LiveGeneration>(async retired => {
    await retired.executor.close();
    await retired.transport.close();
  });
  const execute = createExecute(live, options);

  const supergraph = new WeirGateway({ manager: options.manager, logger, execute });
  supergraph.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl }) => {
    try {
      const generation = createGeneration(coreSupergraphSdl, apiSchema);
      checkSubgraphNames(config, [...generation.facts.urls.keys()]);
      const next = bringToLife(generation, { ...options, native, tracing });
      live.publish(next, apiSchema, coreSupergraphSdl);
      metrics.generation(next.generation.id, clock.now() / 1_000);
      metrics.reload('ok');
      logger.info(
        { generation: next.generation.id, subgraphs: [...next.generation.facts.urls.keys()] },
        'supergraph loaded',
      );
    } catch (error) {
      const isFirst = !live.isLoaded;
      live.failed(error);
      metrics.reload('failed');
      // The first failure ends the start, which tells about it.
      if (isFirst) return;
      logger.error({ err: error }, 'the new supergraph cannot be served; the last good one stays');
    }
  });
  await supergraph.load({ apollo: {} });
  live.assertLoaded();

  const server = createApolloServer({
    gateway: live.facade(execute),
    plugins: [
      ...(options.plugins ?? []),
      pipelinePlugin({ bind: bindRequest, metrics, logger }),
      ...(tracing === null ? [] : [tracingPlugin()]),
    ],
    validationRules: [noIncrementalDelivery],
    documentStore: createDocumentStore(config.operation.documentCache),
    introspection: config.operation.introspection,
    maxTokens: config.operation.maxTokens,
    logger,
  });
  await server.start();

  let stopping = false;
  const isStopping = (): boolean => stopping;
  const isReady = (): boolean => !stopping && live.isLoaded;
  const app = createListener(config.server, {
    logger,
    metrics,
    isReady,
    isStopping,
    tracing: tracing === null ? null : traceRequests(tracing),
  });
  acceptJsonBodies(app, { bodyLimit: config.server.bodyLimit, maxNesting: config.operation.maxNesting });
  registerGraphqlRoute(app, {
    path: config.server.path,
    server,
    maxNesting: config.operation.maxNesting,
    maxBatch: config.server.batching?.maxOperations ?? null,
    minCompressedBytes: config.server.compression.minBytes,
    isStopping,
    clock,
  });
  if (config.server.graphiql) registerGraphiql(app, { path: config.server.path });
  const admin = createAdminListener({ metrics, isReady });

  return {
    app,
    admin,
    handle: request => injectRequest(app, request),
    generation: () => live.current().generation,
    beginShutdown() {
      stopping = true;
    },
    async close() {
      stopping = true;
      await app.close();
      await server.stop();
      await supergraph.stop();
      await live.close();
      await admin.close();
      await tracing?.close();
    },
  };
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
  const transport = createTransport(
    new Map(
      [...generation.facts.urls].map(([name, composedUrl]) => {
        const { url = composedUrl, timeout, maxResponse, connections } = subgraphConfig(execution, name);
        return [name, { url, timeoutMs: timeout, maxResponseBytes: maxResponse, connections }];
      }),
    ),
    clock,
  );
  const counted = measureFetches(transport.fetch, metrics.fetch, clock);
  const measured =
    tracing === null ? counted : traceFetches(counted, { tracing, urls: generation.facts.urls });
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
    render,
    planCacheSize: config.operation.planCache,
    clock,
    logger,
    onPlanned: metrics.planned,
    tracing,
  });
  return { generation, executor, transport };
}

/** The answer's bytes and errors, made once for all who share them. */
function render({ data, errors }: Rendering): Executed {
  return {
    answer: data === 'null' ? null : new Answer(data),
    errors: errors.map(
      ({ message, path, extensions }) => new GraphQLError(message, { path, extensions: { ...extensions } }),
    ),
  };
}

/** Joined requests that go on in one turn of the event loop: few enough for sockets to be read in between. */
const ANSWERS_PER_TURN = 8;

/** What Apollo Server calls to execute an operation that it has parsed and validated and our plugin has bound. */
function createExecute(live: GenerationFeed<LiveGeneration>, options: GatewayOptions): GatewayExecutor {
  const { config, metrics } = options;
  const inFlight = new InFlight<Executed>();
  const turnstile = new Turnstile(ANSWERS_PER_TURN);

  const run = async (request: RequestContext, generation: LiveGeneration): Promise<Executed> => {
    const { operation } = request.progress;
    if (operation === null)
      throw new GatewayError('INTERNAL_SERVER_ERROR', { message: 'The operation was not bound.' });
    return generation.executor.execute(operation, {
      deadlineAt: request.receivedAt + config.execution.deadline,
      requestId: request.id,
      traceparent: request.trace.traceparent,
    });
  };

  const share = (request: RequestContext, generation: LiveGeneration): Promise<Executed> => {
    const { operation } = request.progress;
    const sharable =
      operation?.definition.operation === OperationTypeNode.QUERY && config.execution.sharing.operations;
    if (!sharable) return run(request, generation);
    const key = `${generation.generation.id} ${operation.key} ${request.credentials}`;
    const running = inFlight.get(key);
    if (running === undefined) return inFlight.start(key, () => run(request, generation));
    metrics.operationShared();
    return running.then(executed => turnstile.pass().then(() => executed));
  };

  return async (apollo: GatewayGraphQLRequestContext) => {
    const request = apollo.context as RequestContext;
    try {
      const { answer, errors } = await share(request, live.of(apollo.schema));
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
