import type { GraphQLSchema } from 'graphql';
import { type ExecutionConfig, subgraphConfig } from '../config/execution.ts';
import type { Persona } from '../config/resolve-personas.ts';
import { checkSecureUrls } from '../config/secure-urls.ts';
import { checkSubgraphNames } from '../config/suspicious.ts';
import { createExecutor, type Executor } from '../execution/executor.ts';
import { compileForwarding, type Forward, NOBODY } from '../execution/fetch/forward.ts';
import { loadSigners } from '../execution/fetch/sign/load-signers.ts';
import type { SubgraphFetch } from '../execution/fetch/subgraph-fetch.ts';
import type { AskedPlace } from '../execution/fetch/targets/asked-place.ts';
import { createTransport, type SubgraphEndpoint, type Transport } from '../execution/fetch/transport.ts';
import { forwardVariants } from '../execution/fetch/variants/forward-variants.ts';
import { compileResponding, type Responding } from '../execution/headers/collect-headers.ts';
import type { NativePlannerModule } from '../execution/planners/native/native.ts';
import { type RenderedAnswer, renderAnswer } from '../http/render-answer.ts';
import type { View } from '../operation/bind.ts';
import type { Authorize } from '../policy/authorize/authorize.ts';
import type { Overriding } from '../policy/override/overriding.ts';
import type { BucketStore } from '../policy/rate-limit/bucket-store.ts';
import type { RateLimitEvents } from '../policy/rate-limit/events.ts';
import type { RateLimits } from '../policy/rate-limit/rate-limits.ts';
import { contractId, type Generation } from '../supergraph/generation.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { type AdmitOperation, createAdmitOperation } from './admit-operation.ts';
import { createAuthorization } from './authorization.ts';
import { type CachePolicies, type Caching, cachePoliciesOf } from './caching.ts';
import { composeFetch } from './compose-fetch.ts';
import { type Costs, countsCosts, createCosts } from './costs.ts';
import type { PersonaDocuments } from './documents.ts';
import { createErrorPolicies } from './error-policies.ts';
import { fetchCachingOf } from './fetch-caching.ts';
import { guardingOf, type Resilience } from './guarding.ts';
import { createLimits } from './limits.ts';
import type { GatewayOptions } from './options.ts';
import { createOverrides } from './overrides.ts';
import { planMemory } from './plan-memory.ts';
import type { SubgraphCertificates } from './subgraph-certificates.ts';
import { placeSubgraphs, type SubgraphPlaces } from './subgraph-places.ts';
import { compileVariants } from './variants.ts';

/** Everything that lives and dies with one generation. */
export interface LiveGeneration {
  readonly generation: Generation;
  readonly executor: Executor<RenderedAnswer>;
  readonly transport: Transport;
  readonly authorize: Authorize;
  readonly limits: RateLimits;
  readonly admit: AdmitOperation;
  readonly costParts: Costs['partsOf'];
  /** Null: no field is under a progressive override. */
  readonly overriding: Overriding | null;
  readonly forward: Forward;
  /** Whether some callers are answered by other variants of a subgraph than others. */
  readonly hasVariants: boolean;
  /** Where subgraphs are asked. */
  readonly places: readonly AskedPlace[];
  /** Null: nothing is kept. */
  readonly policies: CachePolicies | null;
  /** {@link CacheStore.mark} for what is kept of it; null: there is nothing that could be invalidated. */
  readonly mark: (() => number) | null;
  /** Null: no header of a subgraph reaches clients. */
  readonly responding: Responding | null;
  viewOf(persona: Persona): View;
}

export interface LifeOptions extends GatewayOptions {
  readonly personas: readonly Persona[];
  readonly documents: ReadonlyMap<Persona, PersonaDocuments>;
  readonly buckets: BucketStore;
  readonly events: RateLimitEvents;
  readonly resilience: Resilience;
  /** Null: nothing is kept. */
  readonly caching: Caching | null;
  readonly certificates: SubgraphCertificates;
  readonly native: NativePlannerModule | null;
  readonly tracing: Tracing | null;
  /** A start, which settings for what is not there end; an update only tells of them. */
  readonly isFirst: boolean;
}

/** The policies, the engine and the connections of a generation. @throws ConfigError */
export async function bringToLife(generation: Generation, options: LifeOptions): Promise<LiveGeneration> {
  const { config, metrics, clock, logger, native, tracing, personas } = options;
  const { execution } = config;
  checkSubgraphNames(config, [...generation.facts.urls.keys()]);
  checkSecureUrls(execution, generation.facts.urls);
  for (const tag of generation.unknownTags) logger.warn({ tag }, 'a contract names a tag that nothing has');
  warnOfSubscriptions(generation, logger);
  const overriding = createOverrides(generation, options);
  const { authorize, guardOf } = await createAuthorization(generation, options);
  const policies = cachePoliciesOf(generation, { ...options, guardOf });
  const views = new Map(personas.map(persona => [persona, viewFor(persona, generation)]));
  const viewed = new Map(personas.map(persona => [views.get(persona)?.id ?? '', persona]));
  const costs = createCosts(generation, { config, viewed, logger });
  const limits = createLimits({ generation, config, costs, documents: options.documents });
  const { transport, ask, ...headers } = connectSubgraphs(generation, options);
  const guarding = await guardingOf(generation, options.resilience, options);
  const executor = createExecutor({
    generation,
    config: execution,
    guarding,
    caching: fetchCachingOf(generation, { caching: options.caching, policies }, options),
    errorsOf: createErrorPolicies(options),
    ask,
    native,
    render: renderAnswer,
    planCacheBytes: planMemory(config).plans,
    clock,
    logger,
    callsOf: operation => limits.of(operation).calls,
    costsOf: countsCosts(config, personas) ? operation => costs.answerCosts(operation) : () => null,
    onPlanned: metrics.planned,
    tracing,
  });
  return {
    generation,
    executor,
    transport,
    authorize,
    policies,
    mark: policies?.mark ?? guarding?.lastGood?.mark ?? null,
    limits,
    admit: createAdmitOperation({
      config,
      personas,
      costs: countsCosts(config, personas) ? costs : null,
      limits,
      store: options.buckets,
      events: options.events,
      metrics,
    }),
    costParts: costs.partsOf,
    overriding,
    ...headers,
    viewOf: persona => viewIn(views, persona),
  };
}

/** Who comes from a gateway that serves them would hear of it from clients. */
function warnOfSubscriptions({ apiSchema }: Generation, logger: LifeOptions['logger']): void {
  const fields = Object.keys(apiSchema.getSubscriptionType()?.getFields() ?? {});
  if (fields.length === 0) return;
  logger.warn(
    { fields: fields.slice(0, 10) },
    'the supergraph has subscriptions, which are not served; they are refused with UNSUPPORTED_OPERATION',
  );
}

function viewIn(views: ReadonlyMap<Persona, View>, persona: Persona): View {
  const view = views.get(persona);
  if (view === undefined) throw new TypeError('the persona is not one of this gateway');
  return view;
}

/** The rules for headers of every subgraph. */
function compileHeaders(
  subgraphs: Iterable<string>,
  execution: ExecutionConfig,
): Pick<LiveGeneration, 'forward' | 'responding'> {
  const settings = new Map([...subgraphs].map(name => [name, subgraphConfig(execution, name)]));
  const responses = [...settings].map(([name, { headers }]) => [name, headers.response] as const);
  return { forward: compileForwarding(settings), responding: compileResponding(new Map(responses)) };
}

/** What clients see of the errors of a subgraph. */
/** The schemas that operations of a generation may have been validated against. */
export function schemasOf({ generation }: LiveGeneration, personas: readonly Persona[]): GraphQLSchema[] {
  return personas.map(({ contract }) => generation.contract(contract));
}

export async function retire({ executor, transport }: LiveGeneration): Promise<void> {
  await executor.close();
  await transport.close();
}

function viewFor({ contract, response, cost }: Persona, generation: Generation): View {
  const { omitNulls } = response;
  const { weights, listSizes } = cost;
  // By cost alone do some views differ: the formula is kept with what is kept of an operation.
  const costs = (weights ?? listSizes) ? ` ${JSON.stringify([weights, listSizes])}` : '';
  return {
    id: `${contractId(contract)}${omitNulls ? ' omitNulls' : ''}${costs}`,
    schema: generation.contract(contract),
    omitNulls,
  };
}

interface Connected
  extends Pick<LiveGeneration, 'forward' | 'hasVariants' | 'responding' | 'transport' | 'places'> {
  readonly ask: SubgraphFetch;
}

/** The way to the subgraphs; probes go it from now on. */
function connectSubgraphs({ facts }: Generation, options: LifeOptions): Connected {
  const { config, clock, resilience, personas } = options;
  const { targets, trials, probing } = resilience;
  const subgraphs = [...facts.urls.keys()];
  const { forward, responding } = compileHeaders(subgraphs, config.execution);
  const places = placeSubgraphs(facts.urls, config.execution, targets);
  const choices = compileVariants(places.varied.keys(), { execution: config.execution, personas, trials });
  const endpoints = endpointsOf(places, subgraphs, options);
  const transport = createTransport(endpoints, clock);
  const ask = composeFetch(transport, { ...options, ...places, subgraphs, endpoints, responding, trials });
  const forwarded = forward({ facts: NOBODY, headers: {} });
  probing.restart(places.probes, { send: transport.fetch, forwarded, clock });
  return {
    ask,
    transport,
    responding,
    places: places.asked,
    forward: forwardVariants(forward, choices),
    hasVariants: choices.size > 0,
  };
}

function endpointsOf(
  { urls }: SubgraphPlaces,
  subgraphs: readonly string[],
  { config: { execution }, folder, clock, certificates }: LifeOptions,
): ReadonlyMap<string, SubgraphEndpoint> {
  const signers = loadSigners(execution, { subgraphs, folder, clock });
  return new Map(
    [...urls].map(([endpoint, { subgraph: name, url }]) => {
      const { timeout, maxResponse, connections, tls, http2 } = subgraphConfig(execution, name);
      const limits = { timeoutMs: timeout, maxResponseBytes: maxResponse, connections };
      return [endpoint, { url, ...limits, sign: signers.get(name), tls: certificates.of(tls), http2 }];
    }),
  );
}
