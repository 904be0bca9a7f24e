import type { Clock } from '../../shared/clock.ts';
import { InFlight } from '../../shared/in-flight.ts';
import { timeout } from './reply-handler.ts';
import type { SubgraphFetch, SubgraphReply } from './subgraph-fetch.ts';

/** Bodies up to this many characters are compared; a longer one costs more to hash than it is likely to save. */
const MAX_SHARED_BODY = 256 * 1024;

interface ShareOptions {
  readonly clock: Clock;
  readonly onShared: (subgraph: string) => void;
  /** Subgraphs that send cookies to clients: no two callers may have the same. */
  readonly neverShared: ReadonlySet<string>;
}

/**
 * Lets identical queries that are in flight at the same time share one reply. The key is all that can
 * influence the answer: the subgraph, the headers about the caller and the body (ids of requests and traces
 * do not), and what has been invalidated so far. Mutations never share, and what was sent before one ended is not joined after it: the reply could
 * be from before it, too.
 */
export function shareInFlight(
  next: SubgraphFetch,
  { clock, onShared, neverShared }: ShareOptions,
): SubgraphFetch {
  const inFlight = new InFlight<SubgraphReply>();
  return request => {
    const { body, subgraph, context } = request;
    if (request.operationKind === 'mutation') return next(request).finally(() => inFlight.closeAll());
    if (body.length > MAX_SHARED_BODY || neverShared.has(subgraph)) return next(request);
    const { forwarded, deadlineAt, cancel, keeping } = context;
    const key = `${subgraph} ${keeping?.since ?? ''} ${forwarded.keyFor(subgraph)} ${body}`;
    const wish = { key, now: clock.elapsed(), deadlineAt, cancel, tooLate: () => timeout(request) };
    const running = inFlight.join(wish);
    if (running === undefined) {
      return inFlight.start(wish, whenAllHaveLeft => {
        request.cancel = whenAllHaveLeft;
        return next(request);
      });
    }
    onShared(subgraph);
    request.isJoined = true;
    return running;
  };
}
