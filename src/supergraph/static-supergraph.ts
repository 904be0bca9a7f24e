import type { SupergraphManager } from '@apollo/gateway';
import type { Logger } from '../telemetry/logger.ts';
import type { SupergraphSource } from './supergraph-source.ts';

/** A supergraph that never changes. */
export function staticSupergraph(supergraphSdl: string): SupergraphManager {
  return { initialize: async () => ({ supergraphSdl }) };
}

/** A supergraph that is read once, when the gateway starts. */
export function supergraphReadOnce(
  source: SupergraphSource,
  logger: Pick<Logger, 'warn'>,
): SupergraphManager {
  return {
    async initialize() {
      const { outcome } = await source.read();
      if (outcome.kind === 'failed') throw outcome.error;
      for (const warning of outcome.warnings) logger.warn({}, warning);
      return { supergraphSdl: outcome.sdl };
    },
  };
}
