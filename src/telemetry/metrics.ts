import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS } from './catalogue.ts';

/** Seconds; from a cached answer to a deadline. */
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The gateway's metrics, in a registry of their own so that several gateways in one process stay apart. */
export interface Metrics {
  readonly registry: Registry;
  request(method: string, status: number, seconds: number): void;
  requestStarted(): void;
  requestEnded(): void;
  operation(kind: string, outcome: 'ok' | 'partial' | 'error'): void;
  fetch(subgraph: string, outcome: string, seconds: number): void;
  fetchShared(subgraph: string): void;
  operationShared(): void;
  planned(planner: string, seconds: number): void;
  authorizationDenied(mode: string): void;
  ruleFailed(): void;
  rateLimited(limit: string, effect: 'reject' | 'prune' | 'shadow'): void;
  rateLimitOutage(isOut: boolean): void;
  generation(id: string, loadedAtSeconds: number): void;
  reload(outcome: 'ok' | 'failed'): void;
  identified(kind: string, outcome: 'ok' | 'refused' | 'unavailable'): void;
  keySetFetched(outcome: 'ok' | 'failed'): void;
  redisReady(ready: boolean): void;
  redisFailed(reason: 'disconnected' | 'timeout' | 'failed'): void;
  apiKeyLookedUp(outcome: 'ok' | 'refused' | 'unavailable'): void;
  introspection(outcome: 'active' | 'inactive' | 'failed' | 'busy' | 'last-known'): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (metric: keyof typeof METRICS): Counter<string> =>
    new Counter({ ...describe(metric), registers });
  const gauge = (metric: keyof typeof METRICS): Gauge<string> =>
    new Gauge({ ...describe(metric), registers });
  const histogram = (metric: keyof typeof METRICS): Histogram<string> =>
    new Histogram({ ...describe(metric), buckets: DURATION_BUCKETS, registers });

  collectDefaultMetrics({ register: registry });
  const requestDuration = histogram('requestDuration');
  const activeRequests = gauge('activeRequests');
  const operations = counter('operations');
  const fetchDuration = histogram('fetchDuration');
  const sharedFetches = counter('sharedFetches');
  const sharedOperations = counter('sharedOperations');
  const planDuration = histogram('planDuration');
  const authorizationDenials = counter('authorizationDenials');
  const ruleFailures = counter('ruleFailures');
  const rateLimited = counter('rateLimited');
  const rateLimitOutage = gauge('rateLimitOutage');
  const generation = gauge('generation');
  const reloads = counter('reloads');
  const identified = counter('identified');
  const keySetFetches = counter('keySetFetches');
  const redisReady = gauge('redisReady');
  const redisFailures = counter('redisFailures');
  const apiKeyLookups = counter('apiKeyLookups');
  const introspections = counter('introspections');

  return {
    registry,
    request: (method, status, seconds) => requestDuration.observe({ method, status }, seconds),
    requestStarted: () => activeRequests.inc(),
    requestEnded: () => activeRequests.dec(),
    operation: (kind, outcome) => operations.inc({ kind, outcome }),
    fetch: (subgraph, outcome, seconds) => fetchDuration.observe({ subgraph, outcome }, seconds),
    fetchShared: subgraph => sharedFetches.inc({ subgraph }),
    operationShared: () => sharedOperations.inc(),
    planned: (planner, seconds) => planDuration.observe({ planner }, seconds),
    authorizationDenied: mode => authorizationDenials.inc({ mode }),
    ruleFailed: () => ruleFailures.inc(),
    rateLimited: (limit, effect) => rateLimited.inc({ limit, effect }),
    rateLimitOutage: isOut => rateLimitOutage.set(isOut ? 1 : 0),
    generation(id, loadedAtSeconds) {
      generation.reset();
      generation.set({ id }, loadedAtSeconds);
    },
    reload: outcome => reloads.inc({ outcome }),
    identified: (kind, outcome) => identified.inc({ kind, outcome }),
    keySetFetched: outcome => keySetFetches.inc({ outcome }),
    redisReady: ready => redisReady.set(ready ? 1 : 0),
    redisFailed: reason => redisFailures.inc({ reason }),
    apiKeyLookedUp: outcome => apiKeyLookups.inc({ outcome }),
    introspection: outcome => introspections.inc({ outcome }),
  };
}

function describe(metric: keyof typeof METRICS): { name: string; help: string; labelNames: string[] } {
  const { name, help, labels } = METRICS[metric];
  return { name, help, labelNames: [...labels] };
}
