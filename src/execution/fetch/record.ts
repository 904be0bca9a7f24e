import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { utf8Text } from '../../shared/utf8-text.ts';
import type { FetchRecord, SubgraphFetch, SubgraphRequest } from './subgraph-fetch.ts';

/** Tells a request that wants to know about each of its fetches; others pass by. */
export function recordFetches(next: SubgraphFetch, clock: Clock): SubgraphFetch {
  return request => {
    const { records } = request.context;
    const reply = next(request);
    if (records === undefined) return reply;
    const startedAt = clock.elapsed();
    const { subgraph, body } = request;
    const add = (outcome: number | string, received: number): void => {
      const ms = Math.round((clock.elapsed() - startedAt) * 100) / 100;
      records.push({ subgraph, outcome, ms, sent: body.length, received, ...particulars(request) });
    };
    reply.then(
      answer => add(answer.status, utf8Text(answer.body).length),
      (error: unknown) => add(error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR', 0),
    );
    return reply;
  };
}

/** What is not so of most fetches. */
function particulars(request: SubgraphRequest): Partial<FetchRecord> {
  const { subgraph, context, cut = [], isJoined, retries, isHedged, cache } = request;
  const variant = context.forwarded.variantFor?.(subgraph) ?? null;
  return {
    ...(variant === null ? {} : { variant }),
    ...(cut.length === 0 ? {} : { cut }),
    ...(isJoined === true ? { shared: true } : {}),
    ...(retries === undefined ? {} : { retries }),
    ...(isHedged === true ? { hedged: true } : {}),
    ...(cache === undefined ? {} : { cache }),
  };
}
