import { createFetchCaching } from '../cache/entities/create-fetch-caching.ts';
import type { FetchCaching } from '../cache/entities/fetch-caching.ts';
import { Holds } from '../cache/entities/holds.ts';
import { Refreshes } from '../cache/freshness/refreshes.ts';
import { maxAgeOfReplies } from '../config/cache.ts';
import { subgraphConfig } from '../config/execution.ts';
import { compileKeepHeaders } from '../execution/headers/keep-headers.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { CachePolicies, Caching } from './caching.ts';
import type { GatewayOptions } from './options.ts';

interface FetchCachingParts {
  /** Null: nothing is kept. */
  readonly caching: Caching | null;
  readonly policies: CachePolicies | null;
}

/** Null where no entities are kept: fetches are compiled without a cache then. */
export function fetchCachingOf(
  generation: Generation,
  { caching, policies }: FetchCachingParts,
  { config: { execution }, clock, metrics }: GatewayOptions,
): FetchCaching | null {
  if (caching === null || policies === null || !caching.config.entities.enabled) return null;
  const { config, store } = caching;
  const { id, supergraphSchema: schema, caching: table, facts } = generation;
  return createFetchCaching({
    generation: id,
    schema,
    table,
    policies: policies.fetches,
    placeOf(subgraph) {
      const { url, headers, variants = {} } = subgraphConfig(execution, subgraph);
      // The name of a variant alone does not say where it is.
      const places = Object.entries(variants).map(([name, variant]) => [name, variant.url]);
      // Of other rules other headers are kept beside a value.
      return [
        String(url ?? facts.urls.get(subgraph) ?? ''),
        JSON.stringify(places),
        JSON.stringify(headers.response),
        // What was kept for longer is not found by who may keep it for less.
        String(maxAgeOfReplies(config, subgraph)),
      ];
    },
    longestMsOf: subgraph => maxAgeOfReplies(config, subgraph),
    keepHeadersOf: subgraph => compileKeepHeaders(subgraphConfig(execution, subgraph).headers.response),
    store,
    clock,
    random: Math.random,
    negativeMs: config.negative,
    jitter: config.jitter,
    maxEntryBytes: config.maxEntry,
    refreshes: new Refreshes(store),
    holds: new Holds(clock),
    onFound: metrics.cacheEntities,
    onServedForError: coordinate => metrics.fallback(coordinate, 'stale'),
  });
}
