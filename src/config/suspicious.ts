import { nearest } from '../shared/nearest.ts';
import { CONFIGURATION } from './config-source.ts';
import { subgraphConfig } from './execution.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { ConfigError } from './parse.ts';

/** Of twenty usual operations. */
const SMALL_PLAN_CACHE = 1024 * 1024;

/** Settings that are legal but hardly meant, one sentence each. Told once, at start. */
export function suspiciousSettings(config: GatewayConfig): readonly string[] {
  const { server, identity, personas, operation, execution, breakers, storage, telemetry } = config;
  const warnings: string[] = [];
  if (server.cors?.origins.includes('*')) {
    warnings.push(
      'server.cors.origins has "*": any web site may read answers in the browsers of its visitors',
    );
  }
  for (const name of Object.keys(execution.subgraphs)) {
    const { timeout } = subgraphConfig(execution, name);
    if (timeout <= execution.deadline) continue;
    warnings.push(
      `execution.subgraphs.${name}.timeout is longer than execution.deadline, which ends requests first`,
    );
  }
  const deadlines = [execution.deadline, ...Object.values(personas).map(({ deadline }) => deadline ?? 0)];
  for (const [name, ms] of Object.entries(execution.deadlines)) {
    if (ms >= Math.max(...deadlines))
      warnings.push(`execution.deadlines.${name} is not sooner than any other deadline, so it does nothing`);
  }
  const { introspection } = identity;
  if (introspection?.onUnavailable === 'last-known' && introspection.lastKnownFor <= introspection.cacheFor) {
    warnings.push(
      'identity.introspection.lastKnownFor is not longer than cacheFor, so last-known is the same as deny',
    );
  }
  const audits = Object.values(personas).some(({ audit }) => audit === true);
  if (audits && !['debug', 'info'].includes(telemetry.logLevel)) {
    warnings.push(
      `a persona has audit, but telemetry.logLevel is ${telemetry.logLevel}: audit lines are of level info, so none is written`,
    );
  }
  if (breakers.scope === 'cluster' && storage.redis === undefined)
    warnings.push('breakers.scope is cluster without storage.redis, so that each instance is alone');
  if (isCeilingMissing(config)) {
    warnings.push('policy.cost.mode is enforce, but nothing has a max: no operation is refused for its cost');
  }
  if (isCeilingIdle(config)) {
    warnings.push(
      'a max of cost is set, but policy.cost.mode and all others are off: no operation is refused for its cost',
    );
  }
  if (operation.planCache < SMALL_PLAN_CACHE) {
    warnings.push('operation.planCache is so small that most operations will be planned again and again');
  }
  if (telemetry.otlp !== undefined && telemetry.sampleRatio === 0) {
    warnings.push('telemetry.otlp is set but telemetry.sampleRatio is 0: no trace begins here');
  }
  return warnings;
}

function isCeilingMissing({ policy, personas, tiers }: GatewayConfig): boolean {
  const { mode, max } = policy.cost;
  if (mode !== 'enforce' || max !== undefined) return false;
  return [...Object.values(personas), ...Object.values(tiers)].every(({ cost }) => cost?.max === undefined);
}

function isCeilingIdle({ policy, personas, tiers }: GatewayConfig): boolean {
  const costs = [policy, ...Object.values(personas), ...Object.values(tiers)].map(({ cost }) => cost);
  return costs.some(cost => cost?.max !== undefined) && costs.every(cost => (cost?.mode ?? 'off') === 'off');
}

/**
 * Settings for a subgraph that is not there do nothing, silently: a misspelt name would lose its timeout.
 * @throws ConfigError naming the nearest subgraph.
 */
export function checkSubgraphNames(config: GatewayConfig, subgraphs: readonly string[]): void {
  const { all: _, ...named } = config.execution.subgraphs;
  const places = [
    ...Object.keys(named).map(name => ({ name, place: `execution.subgraphs.${name}` })),
    ...Object.keys(config.cache?.subgraphs ?? {}).map(name => ({ name, place: `cache.subgraphs.${name}` })),
  ];
  const unknown = places.filter(({ name }) => !subgraphs.includes(name));
  if (unknown.length === 0) return;
  throw new ConfigError(
    CONFIGURATION,
    unknown.map(({ name, place }) => {
      const suggestion = nearest(name, subgraphs);
      const hint =
        suggestion === undefined ? `it has ${subgraphs.join(', ')}` : `did you mean "${suggestion}"?`;
      return `${place}: the supergraph has no such subgraph; ${hint}`;
    }),
  );
}
