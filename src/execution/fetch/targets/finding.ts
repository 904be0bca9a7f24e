import { GatewayError } from '../../../errors.ts';
import type { SubgraphReply } from '../subgraph-fetch.ts';

/** What a request showed about the server that it was sent to; null: nothing. */
export type Finding = 'well' | 'failing' | null;

export function findingOfReply({ status }: SubgraphReply): Finding {
  return status >= 500 ? 'failing' : 'well';
}

/**
 * What is wrong with an answer that came may be wrong with the question.
 * @param hadTime false: too little was left to blame the server for a timeout
 */
export function findingOfFailure(error: unknown, hadTime: boolean): Finding {
  if (!(error instanceof GatewayError)) return null;
  if (error.code === 'SUBGRAPH_UNAVAILABLE') return 'failing';
  return error.code === 'SUBGRAPH_TIMEOUT' && hadTime ? 'failing' : null;
}
