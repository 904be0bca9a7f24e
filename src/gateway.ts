import type { FastifyInstance } from 'fastify';
import { toldOf } from './config/parse.ts';
import type { OutagePolicy } from './config/rate-limit.ts';
import { longestDeadline, type Persona, resolvePersonas } from './config/resolve-personas.ts';
import type { Breakers } from './execution/breaker/breakers.ts';
import type { VariantTrials } from './execution/fetch/variants/variant-trials.ts';
import { loadNativePlanner } from './execution/planners/native/native.ts';
import { createAdmission, createAudiences } from './gateway/audiences.ts';
import { openBucketStore } from './gateway/bucket-store.ts';
import { openCaching } from './gateway/caching.ts';
import { rememberFacts } from './gateway/caller-facts.ts';
import { type DeadlineOf, openDeadlines } from './gateway/deadlines.ts';
import { loadDocuments, type PersonaDocuments } from './gateway/documents.ts';
import { asExecutor, createExecute, type ExecuteRequest } from './gateway/execute.ts';
import { openResilience } from './gateway/guarding.ts';
import { openListenerCertificates } from './gateway/listener-certificates.ts';
import { createListeners } from './gateway/listeners.ts';
import {
  bringToLife,
  type LifeOptions,
  type LiveGeneration,
  retire,
  schemasOf,
} from './gateway/live-generation.ts';
import { openIdentity } from './gateway/open-identity.ts';
import { openRedis } from './gateway/open-redis.ts';
import type { GatewayOptions } from './gateway/options.ts';
import { createPublisher } from './gateway/publish.ts';
import { createLookUp, type LookUp } from './gateway/response-caching.ts';
import { openSubgraphCertificates } from './gateway/subgraph-certificates.ts';
import { warmUp } from './gateway/warm-up.ts';
import { injectRequest } from './http/inject.ts';
import { createPersonaChooser } from './identity/persona/choose.ts';
import type { BucketPlan } from './policy/rate-limit/bucket.ts';
import type { BucketStore } from './policy/rate-limit/bucket-store.ts';
import { rateLimitEvents } from './policy/rate-limit/events.ts';
import type { RedisStorage } from './storage/redis.ts';
import { createGeneration, type Generation } from './supergraph/generation.ts';
import { GenerationFeed } from './supergraph/generation-feed.ts';
import { WeirGateway } from './supergraph/weir-gateway.ts';
import { loadTracingIfConfigured } from './telemetry/tracing.ts';

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

type Close = () => PromiseLike<unknown>;

/** Builds every stage from the config and wires them. @throws whatever is wrong; then nothing is left open */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const opened: Close[] = [];
  try {
    return await openGateway(options, opened);
  } catch (error) {
    // The reason of the failure counts, not what comes of closing.
    await closeAll(opened.toReversed()).catch(() => {});
    throw toldOf(error, options.source);
  }
}

/**
 * In the order in which a request meets the stages.
 * @param opened gets what has to be closed, as soon as it is there.
 */
async function openGateway(options: GatewayOptions, opened: Close[]): Promise<Gateway> {
  const { config } = options;
  const personas = resolvePersonas(config);
  const documents = await loadAllDocuments(personas, options);
  const deadlineOf = openDeadlines(documents, options);
  const tracing = await loadTracingIfConfigured(config.telemetry, options.logger);
  opened.push(async () => tracing?.close());
  const { redis: redisConfig } = config.storage;
  const redis = redisConfig === undefined ? null : await openRedis(redisConfig, options);
  opened.push(async () => redis?.close());
  const identity = await openIdentity(options, redis);
  opened.push(() => identity.close());
  const native = await loadNativePlanner();
  const certificates = await openSubgraphCertificates(config.execution, options);
  opened.push(async () => certificates.close());
  const parts = { personas, documents, deadlineOf, tracing, native, redis, certificates };
  const caching = await openCaching(options, redis);
  opened.push(async () => caching?.store.close());
  const supergraph = await openSupergraph({ ...options, caching, ...parts });
  const { feed, execute, lookUp, buckets } = supergraph;
  opened.push(supergraph.close);

  const audiences = createAudiences(personas, { ...options, ...parts, feed, execute, lookUp });
  for (const { server } of audiences.values()) {
    await server.start();
    opened.push(() => server.stop());
  }
  const { trustedProxies } = config.policy.rateLimit;
  const choosePersona = createPersonaChooser(personas);
  const admit = createAdmission({ identity, choosePersona, audiences, trustedProxies });
  const tls = await openTls(options, opened);
  const state = { stopping: false };
  const { app, admin } = createListeners({
    ...options,
    personas,
    admit,
    tracing,
    tls,
    isStopping: () => state.stopping,
    isReady: () => !state.stopping && feed.isLoaded,
    breakers: supergraph.breakers,
    targets: { places: () => feed.current().places, trials: supergraph.trials },
    limits: { limits: () => feed.current().limits.limits, store: buckets },
    cache: { kept: caching, facts: () => feed.current().generation },
  });
  return {
    app,
    admin,
    handle: request => injectRequest(app, request),
    generation: () => feed.current().generation,
    beginShutdown() {
      state.stopping = true;
    },
    close() {
      state.stopping = true;
      // Operators look on to the end.
      return closeAll([() => app.close(), ...opened.toReversed(), () => admin.close()]);
    },
  };
}

async function openTls(options: GatewayOptions, opened: Close[]) {
  const open = async (key: 'server' | 'admin') => {
    const { tls } = options.config[key];
    if (tls === undefined) return null;
    const certificates = await openListenerCertificates(tls, `${key}.tls`, options);
    opened.push(async () => certificates.close());
    return certificates;
  };
  return { server: await open('server'), admin: await open('admin') };
}

interface SupergraphOptions extends Omit<LifeOptions, 'buckets' | 'events' | 'resilience' | 'isFirst'> {
  readonly redis: RedisStorage | null;
  readonly deadlineOf: DeadlineOf;
}

/** Follows the supergraph: each that comes is made a generation, warmed, and then served. */
async function openSupergraph(options: SupergraphOptions): Promise<{
  readonly feed: GenerationFeed<LiveGeneration>;
  readonly execute: ExecuteRequest;
  readonly lookUp: LookUp | null;
  readonly buckets: BucketStore;
  readonly breakers: Breakers;
  readonly trials: VariantTrials;
  readonly close: Close;
}> {
  const { personas, documents, manager, logger } = options;
  const feed = createFeed(personas);
  const events = rateLimitEvents(options);
  const resilience = openResilience(options, options);
  const buckets = await openBucketStore({
    ...options,
    events,
    policyOf: plan => outagePolicyOf(plan, feed, options),
  });
  const publisher = createPublisher(feed, options);
  const factsOf = rememberFacts();
  const execute = createExecute(feed, { ...options, factsOf });
  const supergraph = new WeirGateway({ manager, logger, execute: asExecutor(execute) });
  supergraph.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl: sdl }) => {
    publisher.publish(async () => {
      const filters = personas.map(({ contract }) => contract);
      const generation = createGeneration({ sdl, apiSchema, filters });
      const isFirst = !feed.isLoaded;
      const live = await bringToLife(generation, { ...options, buckets, events, resilience, isFirst });
      await warmUp(live, documents, options);
      return live;
    });
  });
  await supergraph.open(async () => {
    await publisher.settled();
    feed.assertLoaded();
  });
  const close = () =>
    closeAll([
      () => supergraph.stop(),
      () => publisher.settled(),
      () => resilience.close(),
      () => feed.close(),
      () => buckets.close(),
    ]);
  const lookUp = createLookUp({ ...options, factsOf });
  const { breakers, trials } = resilience;
  return { feed, execute, lookUp, buckets, breakers, trials, close };
}

/** One after the other, and each even if one before it fails: what stays open keeps the process alive. */
async function closeAll(steps: readonly Close[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().then(undefined, (error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'The gateway did not close in order.');
}

/** As the generation says that is served: buckets outlive the limits that they are of. */
function outagePolicyOf(
  { id }: BucketPlan,
  feed: GenerationFeed<LiveGeneration>,
  { config }: GatewayOptions,
): OutagePolicy {
  const limit = feed.current().limits.limits.find(({ plan }) => plan.id === id);
  return limit?.onOutage ?? config.policy.rateLimit.onOutage;
}

function createFeed(personas: readonly Persona[]): GenerationFeed<LiveGeneration> {
  return new GenerationFeed({
    // What is refreshed behind a request has as much time again.
    keepMs: 2 * longestDeadline(personas),
    schemasOf: live => schemasOf(live, personas),
    sdlOf: ({ generation }) => generation.sdl,
    retire,
  });
}

async function loadAllDocuments(
  personas: readonly Persona[],
  options: GatewayOptions,
): Promise<ReadonlyMap<Persona, PersonaDocuments>> {
  const loaded = new Map<Persona, PersonaDocuments>();
  for (const persona of personas) loaded.set(persona, await loadDocuments(persona, options));
  return loaded;
}
