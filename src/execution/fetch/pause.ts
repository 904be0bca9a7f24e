import { GatewayError } from '../../errors.ts';
import { cancellationOf, type SubgraphRequest } from './subgraph-fetch.ts';

/** Waits, unless nobody waits for the request any more. @throws GatewayError REQUEST_CANCELLED then */
export function pause(ms: number, request: SubgraphRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    cancellationOf(request)?.onCancel(() => {
      clearTimeout(timer);
      reject(new GatewayError('REQUEST_CANCELLED'));
    });
  });
}
