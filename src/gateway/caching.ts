import { KnownOperations } from '../cache/invalidation/known-operations.ts';
import { callerDependences } from '../cache/policy/caller-dependence.ts';
import { createPolicyCompiler, type PolicyCompiler } from '../cache/policy/compile-policy.ts';
import { overrideHints } from '../cache/policy/hints.ts';
import { cacheProblems } from '../cache/policy/problems.ts';
import { compileTellings } from '../cache/response/tellings.ts';
import type { CacheStore } from '../cache/store/cache-store.ts';
import { openCacheStore } from '../cache/store/open-cache-store.ts';
import type { CacheConfig } from '../config/cache.ts';
import { CONFIGURATION } from '../config/config-source.ts';
import { subgraphConfig } from '../config/execution.ts';
import { ConfigError } from '../config/parse.ts';
import type { Persona } from '../config/resolve-personas.ts';
import type { GuardOf } from '../policy/authorize/guards.ts';
import type { RedisStorage } from '../storage/redis.ts';
import type { Generation } from '../supergraph/generation.ts';
import { createInvalidateAfter, type InvalidateAfter } from './invalidate-after.ts';
import type { GatewayOptions } from './options.ts';
import { planMemory } from './plan-memory.ts';
import { tellsWhoAsks } from './tells-who-asks.ts';

/** What outlives generations. */
export interface Caching {
  readonly config: CacheConfig;
  readonly store: CacheStore;
  /** Of its memory, for answers that many want at the time. */
  readonly hotBytes: number;
  readonly operations: KnownOperations;
}

const MOST_HOT_BYTES = 8 * 1024 * 1024;
const HOT_SHARE = 1 / 32;

/** What of a generation may be kept, and how long. */
export interface CachePolicies {
  /** Of the operations of a persona. */
  of(persona: Persona): PolicyCompiler;
  /** Of what subgraphs are asked. */
  readonly fetches: PolicyCompiler;
  /** What a request tells its subgraphs apart by. */
  readonly tellingsOf: ReturnType<typeof compileTellings>;
  /** {@link CacheStore.mark} */
  mark(): number;
  /** Null: what mutations answer with is kept on. */
  readonly invalidateAfter: InvalidateAfter | null;
}

/** Null where nothing is kept. */
export async function openCaching(
  options: GatewayOptions,
  redis: RedisStorage | null,
): Promise<Caching | null> {
  const { cache: config } = options.config;
  if (config === undefined) return null;
  const hotBytes = Math.min(MOST_HOT_BYTES, Math.floor(config.memory * HOT_SHARE));
  const store = await openCacheStore({
    ...options,
    maxBytes: config.memory - hotBytes,
    maxEntryBytes: config.maxEntry,
    redis: (config.redis ?? true) ? redis : null,
  });
  return { config, store, hotBytes, operations: new KnownOperations() };
}

/** Memory is told at once. */
const NOTHING_TO_WAIT_FOR_MS = 1_000;

interface PolicyOptions extends GatewayOptions {
  readonly caching: Caching | null;
  readonly guardOf: GuardOf;
  readonly personas: readonly Persona[];
}

/**
 * Null where nothing is kept.
 * @throws ConfigError for what does not fit the schema and, with `cache.strict`, for public fields of the caller's.
 */
export function cachePoliciesOf(
  generation: Generation,
  { config, guardOf, logger, personas, caching: opened }: PolicyOptions,
): CachePolicies | null {
  if (opened === null) return null;
  const { store, config: cache } = opened;
  const { supergraphSchema, caching, access, facts } = generation;
  const hasRedis = config.storage.redis !== undefined;
  const problems = cacheProblems(cache, { schema: supergraphSchema, hasRedis });
  if (problems.length > 0) throw new ConfigError(CONFIGURATION, problems);
  const hints = overrideHints(caching.hints, cache.fields);
  const defaultMaxAgeMs = cache.defaultMaxAge;
  const told = new Set(
    [...facts.urls.keys()].filter(name => tellsWhoAsks(subgraphConfig(config.execution, name))),
  );
  const dependent = callerDependences({
    schema: supergraphSchema,
    hints,
    written: new Map(Object.entries(cache.fields)),
    defaultMaxAgeMs,
    guardOf,
    owners: facts.owners,
    told,
  });
  if (cache.strict && dependent.length > 0)
    throw new ConfigError(
      'the supergraph',
      dependent.map(({ coordinate, reason }) => `${coordinate} ${reason}`),
    );
  for (const { coordinate, reason } of dependent) logger.warn({ coordinate }, `a field ${reason}`);
  const compilerFor = (schema: Generation['apiSchema']): PolicyCompiler =>
    createPolicyCompiler({
      schema,
      supergraphSchema,
      hints,
      defaultMaxAgeMs,
      requires: access.requires,
      isGuarded: (typeName, fieldName) => guardOf(typeName, fieldName) !== null,
      tags: caching.tags,
      keys: caching.keys,
      owners: facts.owners,
    });
  const compilers = new Map(
    personas.map(persona => [persona, compilerFor(generation.contract(persona.contract))]),
  );
  return {
    fetches: compilerFor(supergraphSchema),
    tellingsOf: compileTellings(facts.urls.keys()),
    mark: () => store.mark(),
    invalidateAfter: cache.invalidateOnMutation
      ? invalidatingOf(generation, store, { config, logger })
      : null,
    of(persona) {
      const compiler = compilers.get(persona);
      if (compiler === undefined) throw new TypeError('the persona is not one of this gateway');
      return compiler;
    },
  };
}

function invalidatingOf(
  generation: Generation,
  store: CacheStore,
  { config, logger }: Pick<GatewayOptions, 'config' | 'logger'>,
): InvalidateAfter {
  const maxWaitMs = config.storage.redis?.readTimeout ?? NOTHING_TO_WAIT_FOR_MS;
  return createInvalidateAfter(generation, {
    store,
    logger,
    maxBytes: planMemory(config).changes,
    maxWaitMs,
  });
}
