import type { FetchContext, SubgraphFetch, SubgraphReply, SubgraphRequest } from '../fetch/subgraph-fetch.ts';
import { type Exchange, exchangeKey, type Recording } from './recording.ts';

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
  const asked: (Promise<SubgraphReply> | null)[] = exchanges.map(() => null);
  /** Of each exchange, how many that it depends on have not come back yet. */
  const open = exchanges.map(({ after }) => after.length);
  let left = exchanges.length;
  let isOver = false;

  return new Promise(resolve => {
    const changed = (): void => {
      isOver = true;
      resolve({ kind: 'changed', asked: byKey(exchanges, asked) });
    };
    const send = (index: number, { request, reply }: Exchange): void => {
      // Several times as fast as spreading, of an object that was made by leaving something out.
      const sent: SubgraphRequest = Object.assign({ context }, request);
      const startedAt = request.guard?.begin() ?? 0;
      const answer = ask(sent);
      asked[index] = answer;
      answer.then(({ status, body }) => {
        if (status !== reply.status || !body.equals(reply.body)) return changed();
        if (sent.isJoined !== true) request.guard?.succeeded(startedAt);
        if (--left === 0) return resolve({ kind: 'unchanged' });
        sendAfter(index);
      }, changed);
    };
    const sendAfter = (complete: number): void => {
      for (const [index, exchange] of exchanges.entries()) {
        if (!exchange.after.includes(complete)) continue;
        open[index] = (open[index] as number) - 1;
        // Once it is over the execution asks for itself; what was sent beside it would be sent twice.
        if (open[index] === 0 && !isOver) send(index, exchange);
      }
    };
    if (left === 0) resolve({ kind: 'unchanged' });
    for (const [index, exchange] of exchanges.entries()) if (open[index] === 0) send(index, exchange);
  });
}

function byKey(
  exchanges: readonly Exchange[],
  asked: readonly (Promise<SubgraphReply> | null)[],
): ReadonlyMap<string, Promise<SubgraphReply>> {
  const found = new Map<string, Promise<SubgraphReply>>();
  for (const [index, { request }] of exchanges.entries()) {
    const answer = asked[index] ?? null;
    if (answer !== null) found.set(exchangeKey(request), answer);
  }
  return found;
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
