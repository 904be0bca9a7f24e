import type { FetchContext, SubgraphFetch, SubgraphReply, SubgraphRequest } from '../fetch/subgraph-fetch.ts';
import { exchangeKey, type Recording } from './recording.ts';

/** How a replay ended: everything was answered as before, or what has been asked so far. */
export type ReplayOutcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed'; readonly asked: ReadonlyMap<string, Promise<SubgraphReply>> };

/**
 * Asks again what a recorded execution asked, each request as soon as the replies it depends on have come back
 * unchanged. A request is only ever sent when the execution itself would send it.
 */
export function replay(
  recording: Recording<unknown>,
  context: FetchContext,
  ask: SubgraphFetch,
): Promise<ReplayOutcome> {
  const { exchanges } = recording;
  // What is not to be asked as it was is for the execution to decide, field by field.
  if (exchanges.some(({ request }) => request.guard?.isClosed() === false))
    return Promise.resolve({ kind: 'changed', asked: new Map() });
  const asked = new Map<string, Promise<SubgraphReply>>();
  const unchanged = exchanges.map(() => false);
  let open = exchanges.length;
  let isOver = false;

  return new Promise(resolve => {
    const changed = (): void => {
      isOver = true;
      resolve({ kind: 'changed', asked });
    };
    const sendWhatIsDue = (): void => {
      // From here on the execution asks for itself; what was sent beside it would be sent twice.
      if (isOver) return;
      for (const [index, { request, reply, after }] of exchanges.entries()) {
        const key = exchangeKey(request);
        if (asked.has(key) || !after.every(earlier => unchanged[earlier])) continue;
        const sent: SubgraphRequest = { ...request, context };
        const startedAt = request.guard?.begin() ?? 0;
        const answer = ask(sent);
        asked.set(key, answer);
        answer.then(({ status, body }) => {
          if (status !== reply.status || body !== reply.body) return changed();
          unchanged[index] = true;
          if (sent.isJoined !== true) request.guard?.succeeded(startedAt);
          if (--open === 0) return resolve({ kind: 'unchanged' });
          sendWhatIsDue();
        }, changed);
      }
    };
    if (open === 0) resolve({ kind: 'unchanged' });
    else sendWhatIsDue();
  });
}

/** Goes on from a replay that found a change: what it has asked is not asked again. */
export function askAfter(
  asked: ReadonlyMap<string, Promise<SubgraphReply>>,
  ask: SubgraphFetch,
): SubgraphFetch {
  const left = new Map(asked);
  return request => {
    const key = exchangeKey(request);
    const reply = left.get(key);
    left.delete(key);
    return reply ?? ask(request);
  };
}
