import { GatewayError } from '../../errors.ts';
import type { SubgraphFetch } from './subgraph-fetch.ts';

/** Holds requests back until it is known whether somebody else has made meanwhile what they are for. */
export function awaitTurn(next: SubgraphFetch): SubgraphFetch {
  return request => {
    const { isOurs } = request.context;
    if (isOurs === undefined) return next(request);
    return isOurs.then(ours => {
      if (!ours) throw new GatewayError('REQUEST_CANCELLED');
      return next(request);
    });
  };
}
