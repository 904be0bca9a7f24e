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
  const inFlight = new Map<string, InFlight<SubgraphReply>>();
  const inFlightTo = (subgraph: string): InFlight<SubgraphReply> => {
    const known = inFlight.get(subgraph) ?? new InFlight<SubgraphReply>();
    inFlight.set(subgraph, known);
    return known;
  };
  const closeAll = (): void => {
    for (const ofSubgraph of inFlight.values()) ofSubgraph.closeAll();
  };
  return request => {
    const { body, subgraph, context } = request;
    if (request.operationKind === 'mutation') return next(request).finally(closeAll);
    if (body.length > MAX_SHARED_BODY || neverShared.has(subgraph)) return next(request);
    const { forwarded, deadlineAt, cancel, keeping } = context;
    const asker = `${keeping?.since ?? ''} ${forwarded.keyFor(subgraph)}`;
    // A body that is asked for again is one and the same text, whose hash is known: a longer one has to be made and
    // hashed each time. It begins with a brace, which no number and no space does.
    const key = asker === ' ' ? body : `${asker} ${body}`;
    const wish = { key, now: clock.elapsed(), deadlineAt, cancel, tooLate: () => timeout(request) };
    const sharing = inFlightTo(subgraph);
    const running = sharing.join(wish);
    if (running === undefined) {
      return sharing.start(wish, whenAllHaveLeft => {
        request.cancel = whenAllHaveLeft;
        return next(request);
      });
    }
    onShared(subgraph);
    request.isJoined = true;
    return running;
  };
}
