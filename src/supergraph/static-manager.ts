import type { SupergraphManager } from '@apollo/gateway';

/** A supergraph that never changes. */
export function staticSupergraph(supergraphSdl: string): SupergraphManager {
  return { initialize: async () => ({ supergraphSdl }) };
}
