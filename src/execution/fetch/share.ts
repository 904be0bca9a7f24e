import type { Clock } from '../../shared/clock.ts';
import { InFlight } from '../../shared/in-flight.ts';
import type { SubgraphFetch, SubgraphReply } from './subgraph-fetch.ts';

/** Bodies up to this many characters are compared; a longer one costs more to hash than it is likely to save. */
const MAX_SHARED_BODY = 256 * 1024;

interface ShareOptions {
  readonly clock: Clock;
  readonly onShared: (subgraph: string) => void;
}

/**
 * Lets identical queries that are in flight at the same time share one reply. The key is all that can
 * influence the answer: the subgraph and the body (ids of requests and traces do not). Mutations never share.
 */
export function shareInFlight(next: SubgraphFetch, { clock, onShared }: ShareOptions): SubgraphFetch {
  const inFlight = new InFlight<SubgraphReply>();
  const deadlines = new Map<string, number>();
  return request => {
    const { body, subgraph, context } = request;
    if (request.operationKind !== 'query' || body.length > MAX_SHARED_BODY) return next(request);
    const key = `${subgraph} ${body}`;
    const running = inFlight.get(key);
    const now = clock.elapsed();
    const timeOfRunning = (deadlines.get(key) ?? 0) - now;
    // One that is about to run out of time must not take a fresh request down with it.
    if (running !== undefined && timeOfRunning * 2 >= context.deadlineAt - now) {
      onShared(subgraph);
      return running;
    }
    deadlines.set(key, context.deadlineAt);
    const reply = inFlight.start(key, () => next(request));
    const forget = (): void => {
      if (inFlight.get(key) === undefined) deadlines.delete(key);
    };
    reply.then(forget, forget);
    return reply;
  };
}
