import { compileFieldTags } from '../cache/entities/field-tags.ts';
import { readReplyTags } from '../cache/entities/reply-tags.ts';
import type { BreakersConfig } from '../config/breakers.ts';
import { CONFIGURATION } from '../config/config-source.ts';
import { type ExecutionConfig, subgraphConfig } from '../config/execution.ts';
import { ConfigError } from '../config/parse.ts';
import type { Breaker, BreakerState } from '../execution/breaker/breaker.ts';
import { BreakerNews, type NewsChannel } from '../execution/breaker/breaker-news.ts';
import { type Breakers, createBreakers } from '../execution/breaker/breakers.ts';
import { Probing } from '../execution/fetch/targets/probe-targets.ts';
import { TargetGroups } from '../execution/fetch/targets/target-groups.ts';
import { VariantTrials } from '../execution/fetch/variants/variant-trials.ts';
import type { FallbackPlan, Guarding } from '../execution/guard/guarding.ts';
import { nearest } from '../shared/nearest.ts';
import type { RedisStorage } from '../storage/redis.ts';
import { constantProblem, outputTypeAt, withTypeNames } from '../supergraph/fallback-constant.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { Caching } from './caching.ts';
import { createLastGoods, type LastGoods } from './last-good.ts';
import type { GatewayOptions } from './options.ts';

/** What outlives generations: a new schema makes no subgraph well. */
export interface Resilience {
  readonly breakers: Breakers;
  readonly lastGoods: LastGoods;
  readonly targets: TargetGroups;
  readonly probing: Probing;
  readonly trials: VariantTrials;
  close(): Promise<void>;
}

export function openResilience(
  options: GatewayOptions,
  { redis, caching }: { readonly redis: RedisStorage | null; readonly caching: Caching | null },
): Resilience {
  const { config, clock, metrics, logger } = options;
  const { breakers: breakersConfig } = config;
  let isFull = false;
  const breakers: Breakers = createBreakers({
    config: breakersConfig,
    random: Math.random,
    onTransition(breaker, state) {
      metrics.breakerChanged(breaker, state.kind);
      logger.warn(describe(breaker, state), 'a circuit breaker changed');
      news?.tell(breaker, state);
    },
    onFull() {
      if (!isFull)
        logger.warn({ maxBreakers: breakersConfig.maxBreakers }, 'further fields have no circuit breaker');
      isFull = true;
    },
  });
  const news =
    breakersConfig.scope === 'cluster' && redis !== null
      ? new BreakerNews({ channel: channelOf(redis), breakerOf: breakers.of, elapsed: () => clock.elapsed() })
      : null;
  const lastGoods = createLastGoods(options, { caching, redis });
  const [targets, trials] = [openTargets(options), openTrials(options)];
  const probing = new Probing();
  const close = async (): Promise<void> => {
    news?.close();
    probing.close();
    await lastGoods.close();
  };
  return { breakers, lastGoods, targets, probing, trials, close };
}

const CHANNEL = 'breakers';

function channelOf(redis: RedisStorage): NewsChannel {
  return {
    publish: message => redis.publish(CHANNEL, message),
    subscribe: onMessage => redis.subscribe(CHANNEL, { onMessage, onListening() {} }),
  };
}

function openTargets({ metrics, logger }: GatewayOptions): TargetGroups {
  return new TargetGroups({
    ejected(change, forMs) {
      metrics.targetEjected(change);
      logger.warn({ ...change, outMs: forMs }, 'a target of a subgraph fails and gets no requests for now');
    },
    returned(change) {
      metrics.targetReturned(change);
      logger.info(change, 'a target of a subgraph gets requests again');
    },
  });
}

function openTrials({ metrics, logger, clock }: GatewayOptions): VariantTrials {
  return new VariantTrials(
    {
      switchedOff(place, comparison) {
        metrics.variantSwitchedOff(place, comparison.reason);
        logger.warn(
          { ...place, ...comparison },
          'a variant does worse than its subgraph and is switched off',
        );
      },
      restored(place) {
        metrics.variantRestored(place);
        logger.info(place, 'a variant of a subgraph gets requests again');
      },
    },
    clock,
  );
}

function describe({ subgraph, coordinate }: Breaker, state: BreakerState): object {
  const openMs = state.kind === 'open' ? { openMs: Math.round(state.until - state.since) } : {};
  return { subgraph, coordinate, to: state.kind, ...openMs };
}

/** Null where no field has a breaker or a fallback: fetches are compiled without them then. @throws ConfigError */
export async function guardingOf(
  generation: Generation,
  { breakers, lastGoods }: Resilience,
  { config, clock, metrics }: GatewayOptions,
): Promise<Guarding | null> {
  const { resilience, supergraphSchema: schema, caching: table, facts, access } = generation;
  const { fields, guard } = config.breakers;
  checkFields(fields, generation);
  const fallbacks = fallbacksOf(fields, generation);
  const breakerOf = breakers.forGeneration(resilience.breakers);
  const isNamed = resilience.breakers.size > 0 || fallbacks.size > 0 || Object.keys(fields).length > 0;
  if (guard === 'declared' && !isNamed) return null;
  const keepsLastGood = [...fallbacks.values()].some(({ staleMs }) => staleMs !== null);
  return {
    schema,
    breakerOf,
    fallbackOf: coordinate => fallbacks.get(coordinate) ?? null,
    lastGood: keepsLastGood ? await lastGoods.opened() : null,
    placeOf: subgraph => placeOf(subgraph, facts.urls, config.execution),
    compileTags: field =>
      compileFieldTags(field, { schema, table, owners: facts.owners, requires: access.requires }),
    // Without a cache nothing can be invalidated by them.
    readTags: config.cache === undefined ? () => () => [] : readReplyTags,
    clock,
    onCut: metrics.breakerCut,
    onFallback: metrics.fallback,
  };
}

/** Of each variant, too: its name alone does not say where it is. */
function placeOf(
  subgraph: string,
  composed: ReadonlyMap<string, string>,
  execution: ExecutionConfig,
): string {
  const { url = composed.get(subgraph), variants = {} } = subgraphConfig(execution, subgraph);
  return JSON.stringify([url, Object.entries(variants).map(([name, variant]) => [name, variant.url])]);
}

/** Of a field that is not there nobody would notice that it has no breaker. */
function checkFields(fields: BreakersConfig['fields'], { supergraphSchema: schema }: Generation): void {
  const problems = Object.entries(fields).flatMap(([coordinate, { fallback }]) => {
    const place = `breakers.fields.${coordinate}`;
    const [typeName = '', name] = coordinate.split('.');
    const type = schema.getType(typeName);
    if (type === undefined || !('getFields' in type))
      return [`${place}: there is no such type${hint(typeName, Object.keys(schema.getTypeMap()))}`];
    const names = Object.keys(type.getFields());
    if (name !== undefined && !names.includes(name))
      return [`${place}: ${typeName} has no such field${hint(name, names)}`];
    if (name === undefined && fallback !== undefined)
      return [`${place}.fallback: is of a field, as in ${typeName}.${names[0] ?? 'field'}`];
    const output = outputTypeAt(schema, coordinate);
    if (fallback?.value === undefined || output === undefined) return [];
    const problem = constantProblem(fallback.value, output, schema);
    return problem === null ? [] : [`${place}.fallback.value: ${problem}`];
  });
  if (problems.length > 0) throw new ConfigError(CONFIGURATION, problems);
}

function hint(name: string, known: readonly string[]): string {
  const suggestion = nearest(name, known);
  return suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
}

function fallbacksOf(
  fields: BreakersConfig['fields'],
  { resilience, supergraphSchema: schema }: Generation,
): ReadonlyMap<string, FallbackPlan> {
  const written = new Map(resilience.fallbacks);
  for (const [coordinate, { fallback }] of Object.entries(fields))
    if (fallback !== undefined) written.set(coordinate, fallback);
  const plans = new Map<string, FallbackPlan>();
  for (const [coordinate, { stale, value }] of written) {
    const type = outputTypeAt(schema, coordinate);
    if (type === undefined) continue;
    const named = value === undefined ? undefined : withTypeNames(value, type, schema);
    plans.set(coordinate, { staleMs: stale ?? null, value: named });
  }
  return plans;
}
