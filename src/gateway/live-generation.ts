import type { GraphQLSchema } from 'graphql';
import { type ExecutionConfig, subgraphConfig } from '../config/execution.ts';
import type { Persona } from '../config/resolve-personas.ts';
import { checkSubgraphNames } from '../config/suspicious.ts';
import { createExecutor, type Executor } from '../execution/executor.ts';
import { compileForwarding, type Forward, NOBODY } from '../execution/fetch/forward.ts';
import { logFailures } from '../execution/fetch/log.ts';
import { measureFetches } from '../execution/fetch/measure.ts';
import { recordFetches } from '../execution/fetch/record.ts';
import { shareInFlight } from '../execution/fetch/share.ts';
import { loadSigners } from '../execution/fetch/sign/load-signers.ts';
import type { SubgraphFetch } from '../execution/fetch/subgraph-fetch.ts';
import { chooseTargets } from '../execution/fetch/targets/choose-targets.ts';
import { tellReplies } from '../execution/fetch/tell-replies.ts';
import { traceFetches } from '../execution/fetch/trace.ts';
import { createTransport, type SubgraphEndpoint, type Transport } from '../execution/fetch/transport.ts';
import { forwardVariants } from '../execution/fetch/variants/forward-variants.ts';
import { reachVariants } from '../execution/fetch/variants/reach-variants.ts';
import { compileResponding, type Responding } from '../execution/headers/collect-headers.ts';
import type { NativePlannerModule } from '../execution/planners/native/native.ts';
import { type RenderedAnswer, renderAnswer } from '../http/render-answer.ts';
import type { View } from '../operation/bind.ts';
import type { Authorize } from '../policy/authorize/authorize.ts';
import type { BucketStore } from '../policy/rate-limit/bucket-store.ts';
import type { RateLimitEvents } from '../policy/rate-limit/events.ts';
import type { RateLimits } from '../policy/rate-limit/rate-limits.ts';
import { contractId, type Generation } from '../supergraph/generation.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { type AdmitOperation, createAdmitOperation } from './admit-operation.ts';
import { createAuthorization } from './authorization.ts';
import { countsCosts, createCosts } from './costs.ts';
import type { PersonaDocuments } from './documents.ts';
import { guardingOf, type Resilience } from './guarding.ts';
import { createLimits } from './limits.ts';
import type { GatewayOptions } from './options.ts';
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
  readonly forward: Forward;
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
  readonly native: NativePlannerModule | null;
  readonly tracing: Tracing | null;
}

/** The policies, the engine and the connections of a generation. @throws ConfigError */
export async function bringToLife(generation: Generation, options: LifeOptions): Promise<LiveGeneration> {
  const { config, metrics, clock, logger, native, tracing, personas } = options;
  const { execution } = config;
  checkSubgraphNames(config, [...generation.facts.urls.keys()]);
  for (const tag of generation.unknownTags) logger.warn({ tag }, 'a contract names a tag that nothing has');
  const authorize = await createAuthorization(generation, options);
  const views = new Map(personas.map(persona => [persona, viewFor(persona, generation)]));
  const costs = createCosts(
    generation,
    config,
    new Map(personas.map(persona => [views.get(persona)?.id ?? '', persona])),
  );
  const limits = createLimits({ generation, config, costs, documents: options.documents });
  const { transport, ask, ...headers } = connectSubgraphs(generation, options);
  const executor = createExecutor({
    generation,
    config: execution,
    guarding: guardingOf(generation, options.resilience, options),
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
    costsOf: countsCosts(config, personas) ? operation => costs.answerCosts(operation) : () => null,
    onPlanned: metrics.planned,
    tracing,
  });
  return {
    generation,
    executor,
    transport,
    authorize,
    limits,
    admit: createAdmitOperation({
      config,
      personas,
      costs: countsCosts(config, personas) ? costs : null,
      limits,
      store: options.buckets,
      events: options.events,
      metrics,
      logger,
    }),
    ...headers,
    viewOf(persona) {
      const view = views.get(persona);
      if (view === undefined) throw new TypeError('the persona is not one of this gateway');
      return view;
    },
  };
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
  const weights = cost.weights === undefined ? '' : ` ${JSON.stringify(cost.weights)}`;
  return {
    id: `${contractId(contract)}${omitNulls ? ' omitNulls' : ''}${weights}`,
    schema: generation.contract(contract),
    omitNulls,
  };
}

interface Connected extends Pick<LiveGeneration, 'forward' | 'responding' | 'transport'> {
  readonly ask: SubgraphFetch;
}

/** The way to the subgraphs; probes go it from now on. */
function connectSubgraphs({ facts }: Generation, options: LifeOptions): Connected {
  const { config, clock, resilience, personas } = options;
  const { execution } = config;
  const { forward, responding } = compileHeaders(facts.urls.keys(), execution);
  const places = placeSubgraphs(facts.urls, execution, resilience.targets);
  const endpoints = endpointsOf(places, options);
  const transport = createTransport(endpoints, clock);
  const ask = composeFetch(transport, { endpoints, ...places }, { ...options, responding });
  const forwarded = forward({ facts: NOBODY, headers: {} });
  resilience.probing.restart(places.probes, { send: transport.fetch, forwarded, clock });
  const choices = compileVariants(places.varied.keys(), { execution, personas, trials: resilience.trials });
  return { ask, transport, responding, forward: forwardVariants(forward, choices) };
}

function endpointsOf(
  { urls }: SubgraphPlaces,
  { config: { execution }, folder, clock }: LifeOptions,
): ReadonlyMap<string, SubgraphEndpoint> {
  const subgraphs = new Set([...urls.values()].map(({ subgraph }) => subgraph));
  const signers = loadSigners(execution, { subgraphs, folder, clock });
  return new Map(
    [...urls].map(([endpoint, { subgraph: name, url }]) => {
      const { timeout, maxResponse, connections } = subgraphConfig(execution, name);
      const limits = { timeoutMs: timeout, maxResponseBytes: maxResponse, connections };
      return [endpoint, { url, ...limits, sign: signers.get(name) }];
    }),
  );
}

interface FetchPlaces extends Pick<SubgraphPlaces, 'choices' | 'varied'> {
  readonly endpoints: ReadonlyMap<string, SubgraphEndpoint>;
}

/** What stands between the engine and the wire, from the wire outwards. */
function composeFetch(
  transport: Transport,
  { endpoints, choices, varied }: FetchPlaces,
  options: LifeOptions & Pick<LiveGeneration, 'responding'>,
): SubgraphFetch {
  const { config, metrics, clock, logger, tracing, responding } = options;
  const { trials } = options.resilience;
  const logged = logFailures(transport.fetch, { logger, clock });
  const counted = measureFetches(logged, metrics.fetch, clock);
  const traced = tracing === null ? counted : traceFetches(counted, { tracing, endpoints });
  const chosen = choices.size === 0 ? traced : chooseTargets(traced, { choices, clock });
  const reached =
    varied.size === 0
      ? chosen
      : reachVariants(chosen, { varied, trials, clock, onEnded: metrics.variantEnded });
  const { fetches } = config.execution.sharing;
  const neverShared = responding?.cookieSubgraphs ?? new Set();
  const shared = fetches
    ? shareInFlight(reached, { clock, onShared: metrics.fetchShared, neverShared })
    : reached;
  const recorded = recordFetches(shared, clock);
  return responding === null ? recorded : tellReplies(recorded);
}
