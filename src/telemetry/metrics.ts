import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { METRICS } from './catalogue.ts';
import { createTally, TalliedHistogram, type Tally } from './tallies.ts';

/** Seconds; from a cached answer to a deadline. */
const DURATION_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Points; from a field to what no ceiling allows. */
const COST_BOUNDS = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 100_000];

/** The gateway's metrics, in a registry of their own so that several gateways in one process stay apart. */
export interface Metrics {
  readonly registry: Registry;
  request(method: string, status: number, seconds: number): void;
  requestStarted(): void;
  requestEnded(): void;
  openConnections(count: number): void;
  connectionRefused(): void;
  requestShed(persona: string): void;
  load(pressure: number, lagSeconds: number): void;
  operation(kind: string, outcome: 'ok' | 'partial' | 'error'): void;
  fetch(subgraph: string, outcome: string, seconds: number): void;
  fetchShared(subgraph: string): void;
  fetchRetried(subgraph: string, reason: string): void;
  fetchHedged(subgraph: string, outcome: 'won' | 'lost'): void;
  fetchShed(subgraph: string): void;
  operationShared(): void;
  planned(planner: string, seconds: number): void;
  authorizationDenied(mode: string): void;
  ruleFailed(): void;
  rateLimited(limit: string, effect: 'reject' | 'prune' | 'shadow'): void;
  rateLimitOutage(isOut: boolean): void;
  rateLimitForgotten(limit: string): void;
  operationCost(kind: 'estimated' | 'actual', persona: string, points: number): void;
  breakerChanged(place: FieldLabels, to: 'open' | 'half-open' | 'closed'): void;
  breakerCut(place: FieldLabels): void;
  fallback(coordinate: string, source: 'stale' | 'value'): void;
  targetEjected(labels: TargetLabels): void;
  targetReturned(labels: TargetLabels): void;
  variantEnded(labels: VariantLabels, outcome: 'ok' | 'failed'): void;
  variantSwitchedOff(labels: VariantLabels, reason: 'failures' | 'latency'): void;
  variantRestored(labels: VariantLabels): void;
  cacheAnswer(persona: string, outcome: CacheAnswerOutcome): void;
  cacheRead(outcome: CacheReadOutcome): void;
  cacheWrite(outcome: CacheWriteOutcome): void;
  cacheMemory(bytes: number): void;
  cacheEvicted(count: number): void;
  /** @param origin `all`: news of an invalidation were lost, so everything in memory was */
  cacheInvalidated(origin: 'here' | 'fleet' | 'all', tags: number): void;
  cacheEntities(subgraph: string, outcome: CacheEntityOutcome, count: number): void;
  generation(id: string, loadedAtSeconds: number): void;
  reload(outcome: 'ok' | 'failed'): void;
  certificate(setting: string, endsAtSeconds: number): void;
  identified(kind: string, outcome: 'ok' | 'refused' | 'unavailable'): void;
  keySetFetched(outcome: 'ok' | 'failed'): void;
  redisReady(ready: boolean): void;
  redisFailed(reason: 'disconnected' | 'timeout' | 'failed'): void;
  apiKeyLookedUp(outcome: 'ok' | 'refused' | 'unavailable'): void;
  introspection(outcome: 'active' | 'inactive' | 'failed' | 'busy' | 'last-known'): void;
}

const CACHE_READS = ['memory', 'redis', 'miss', 'invalidated', 'corrupt', 'unavailable'] as const;
export type CacheReadOutcome = (typeof CACHE_READS)[number];

export type CacheAnswerOutcome = 'hit' | 'stale' | 'miss' | 'bypass';

export type CacheEntityOutcome = 'hit' | 'miss' | 'stale' | 'negative';

export type CacheWriteOutcome = 'written' | 'full' | 'too-large' | 'outdated' | 'unavailable' | 'failed';

/** Names of the schema and of the configuration: there are only so many. */
export interface FieldLabels {
  readonly subgraph: string;
  readonly coordinate: string;
}

/** `host:port` of the configuration. */
export interface TargetLabels {
  readonly subgraph: string;
  readonly target: string;
}

/** Names of the configuration. */
export interface VariantLabels {
  readonly subgraph: string;
  readonly variant: string;
}

/** Makes a metric of the catalogue. */
interface Make {
  counter(metric: keyof typeof METRICS): Tally;
  /** @param read asked for its value when it is told; absent: it is set. */
  gauge(metric: keyof typeof METRICS, read?: () => number): Gauge<string>;
  histogram(metric: keyof typeof METRICS, bounds?: readonly number[]): TalliedHistogram;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const make: Make = {
    counter: metric => createTally({ ...describe(metric), registers }),
    gauge(metric, read) {
      const gauge: Gauge<string> = new Gauge({
        ...describe(metric),
        registers,
        ...(read === undefined ? {} : { collect: () => gauge.set(read()) }),
      });
      return gauge;
    },
    histogram: (metric, bounds = DURATION_BOUNDS) =>
      new TalliedHistogram({ ...describe(metric), registers }, bounds),
  };
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    ...ofRequests(make),
    ...ofCallers(make),
    ...ofPolicies(make),
    ...ofFailures(make),
    ...ofTargets(make),
    ...ofVariants(make),
    ...ofCache(make),
    ...ofState(make),
  };
}

function ofRequests({ counter, gauge, histogram }: Make) {
  const requestDuration = histogram('requestDuration');
  let active = 0;
  gauge('activeRequests', () => active);
  let connections = 0;
  gauge('openConnections', () => connections);
  const connectionsRefused = counter('connectionsRefused');
  const operations = counter('operations');
  const fetchDuration = histogram('fetchDuration');
  const sharedFetches = counter('sharedFetches');
  const sharedOperations = counter('sharedOperations');
  const planDuration = histogram('planDuration');
  return {
    request: (method, status, seconds) => requestDuration.add([method, status], seconds),
    requestStarted: () => void active++,
    requestEnded: () => void active--,
    openConnections(count) {
      connections = count;
    },
    connectionRefused: () => connectionsRefused.inc([]),
    operation: (kind, outcome) => operations.inc([kind, outcome]),
    fetch: (subgraph, outcome, seconds) => fetchDuration.add([subgraph, outcome], seconds),
    fetchShared: subgraph => sharedFetches.inc([subgraph]),
    operationShared: () => sharedOperations.inc([]),
    planned: (planner, seconds) => planDuration.add([planner], seconds),
  } satisfies Partial<Metrics>;
}

function ofCallers({ counter }: Make) {
  const identified = counter('identified');
  const keySetFetches = counter('keySetFetches');
  const apiKeyLookups = counter('apiKeyLookups');
  const introspections = counter('introspections');
  return {
    identified: (kind, outcome) => identified.inc([kind, outcome]),
    keySetFetched: outcome => keySetFetches.inc([outcome]),
    apiKeyLookedUp: outcome => apiKeyLookups.inc([outcome]),
    introspection: outcome => introspections.inc([outcome]),
  } satisfies Partial<Metrics>;
}

function ofPolicies({ counter, gauge, histogram }: Make) {
  const authorizationDenials = counter('authorizationDenials');
  const ruleFailures = counter('ruleFailures');
  const rateLimited = counter('rateLimited');
  const rateLimitForgotten = counter('rateLimitForgotten');
  const rateLimitOutage = gauge('rateLimitOutage');
  const operationCost = histogram('operationCost', COST_BOUNDS);
  return {
    authorizationDenied: mode => authorizationDenials.inc([mode]),
    ruleFailed: () => ruleFailures.inc([]),
    rateLimited: (limit, effect) => rateLimited.inc([limit, effect]),
    rateLimitForgotten: limit => rateLimitForgotten.inc([limit]),
    rateLimitOutage: isOut => rateLimitOutage.set(isOut ? 1 : 0),
    operationCost: (kind, persona, points) => operationCost.add([kind, persona], points),
  } satisfies Partial<Metrics>;
}

function ofFailures({ counter, gauge }: Make) {
  const breakerTransitions = counter('breakerTransitions');
  const breakerOpen = gauge('breakerOpen');
  const breakerCuts = counter('breakerCuts');
  const fallbacks = counter('fallbacks');
  const retries = counter('retries');
  const hedges = counter('hedges');
  const shedFetches = counter('shedFetches');
  const overloadShed = counter('overloadShed');
  const overloadPressure = gauge('overloadPressure');
  const eventLoopLag = gauge('eventLoopLag');
  return {
    requestShed: persona => overloadShed.inc([persona]),
    load(pressure, lagSeconds) {
      overloadPressure.set(pressure);
      eventLoopLag.set(lagSeconds);
    },
    fetchRetried: (subgraph, reason) => retries.inc([subgraph, reason]),
    fetchHedged: (subgraph, outcome) => hedges.inc([subgraph, outcome]),
    fetchShed: subgraph => shedFetches.inc([subgraph]),
    breakerChanged({ subgraph, coordinate }, to) {
      breakerTransitions.inc([subgraph, coordinate, to]);
      breakerOpen.set({ subgraph, coordinate }, to === 'closed' ? 0 : 1);
    },
    breakerCut: ({ subgraph, coordinate }) => breakerCuts.inc([subgraph, coordinate]),
    fallback: (coordinate, source) => fallbacks.inc([coordinate, source]),
  } satisfies Partial<Metrics>;
}

function ofTargets({ counter, gauge }: Make) {
  const targetEjections = counter('targetEjections');
  const targetsEjected = gauge('targetsEjected');
  return {
    targetEjected({ subgraph, target }) {
      targetEjections.inc([subgraph, target]);
      targetsEjected.inc({ subgraph, target });
    },
    targetReturned: ({ subgraph, target }) => targetsEjected.dec({ subgraph, target }),
  } satisfies Partial<Metrics>;
}

function ofVariants({ counter, gauge }: Make) {
  const variantRequests = counter('variantRequests');
  const variantSwitchOffs = counter('variantSwitchOffs');
  const variantOff = gauge('variantOff');
  return {
    variantEnded: ({ subgraph, variant }, outcome) => variantRequests.inc([subgraph, variant, outcome]),
    variantSwitchedOff({ subgraph, variant }, reason) {
      variantSwitchOffs.inc([subgraph, variant, reason]);
      variantOff.set({ subgraph, variant }, 1);
    },
    variantRestored: ({ subgraph, variant }) => variantOff.set({ subgraph, variant }, 0),
  } satisfies Partial<Metrics>;
}

function ofCache({ counter, gauge }: Make) {
  const answers = counter('cacheAnswers');
  const reads = counter('cacheReads');
  const writes = counter('cacheWrites');
  const bytes = gauge('cacheBytes');
  const evictions = counter('cacheEvictions');
  const invalidations = counter('cacheInvalidations');
  const entities = counter('cacheEntities');
  return {
    cacheAnswer: (persona, outcome) => answers.inc([persona, outcome]),
    cacheRead: outcome => reads.inc([outcome]),
    cacheWrite: outcome => writes.inc([outcome]),
    cacheMemory: held => bytes.set(held),
    cacheEvicted: count => evictions.inc([], count),
    cacheEntities: (subgraph, outcome, count) => entities.inc([subgraph, outcome], count),
    cacheInvalidated: (origin, tags) => invalidations.inc([origin], tags),
  } satisfies Partial<Metrics>;
}

function ofState({ counter, gauge }: Make) {
  const generation = gauge('generation');
  const reloads = counter('reloads');
  const certificateExpiry = gauge('certificateExpiry');
  const redisReady = gauge('redisReady');
  const redisFailures = counter('redisFailures');
  return {
    generation(id, loadedAtSeconds) {
      generation.reset();
      generation.set({ id }, loadedAtSeconds);
    },
    reload: outcome => reloads.inc([outcome]),
    certificate: (setting, endsAtSeconds) => certificateExpiry.set({ setting }, endsAtSeconds),
    redisReady: ready => redisReady.set(ready ? 1 : 0),
    redisFailed: reason => redisFailures.inc([reason]),
  } satisfies Partial<Metrics>;
}

function describe(metric: keyof typeof METRICS): { name: string; help: string; labelNames: string[] } {
  const { name, help, labels } = METRICS[metric];
  return { name, help, labelNames: [...labels] };
}
