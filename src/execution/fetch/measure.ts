import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import type { SubgraphFetch } from './subgraph-fetch.ts';

/** Told of each request to a subgraph: `ok` or the code it failed with, and seconds. */
export type FetchObserver = (subgraph: string, outcome: string, seconds: number) => void;

export function measureFetches(next: SubgraphFetch, observe: FetchObserver, clock: Clock): SubgraphFetch {
  return request => {
    const startedAt = clock.elapsed();
    const observed = (outcome: string): void =>
      observe(request.subgraph, outcome, (clock.elapsed() - startedAt) / 1_000);
    const reply = next(request);
    reply.then(
      ({ status }) => observed(status >= 500 ? 'SUBGRAPH_UNAVAILABLE' : 'ok'),
      (error: unknown) => observed(error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR'),
    );
    return reply;
  };
}
