import { DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals';
import type { GraphQLSchema } from 'graphql';

/**
 * What a supergraph says must be understood, or it is not to be served. Apollo's gateway does not understand these:
 * it leaves them to a router. Here authorization enforces the first three, a planner knows the fourth, and the cache
 * the last.
 */
const UNDERSTOOD = ['authenticated', 'requiresScopes', 'policy', 'context', 'cacheTag'];

/** Adds them to the list that Apollo's packages go by; there is one in a process. */
export function supportFeatures(): void {
  for (const name of UNDERSTOOD)
    DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES.add(`https://specs.apollo.dev/${name}/v0.1`);
}

/** What clients may see at most, for commands that serve nothing. @throws GraphQLError for what is no supergraph */
export function apiSchemaOf(sdl: string): GraphQLSchema {
  supportFeatures();
  return Supergraph.build(sdl).apiSchema().toGraphQLJSSchema();
}
