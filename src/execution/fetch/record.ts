import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import type { SubgraphFetch } from './subgraph-fetch.ts';

/** Tells a request that wants to know about each of its fetches; others pass by. */
export function recordFetches(next: SubgraphFetch, clock: Clock): SubgraphFetch {
  return request => {
    const { records } = request.context;
    const reply = next(request);
    if (records === undefined) return reply;
    const startedAt = clock.elapsed();
    const { subgraph, body, context, cut = [] } = request;
    const variant = context.forwarded.variantFor?.(subgraph) ?? null;
    const add = (outcome: number | string, received: number): void => {
      const ms = Math.round((clock.elapsed() - startedAt) * 100) / 100;
      const left = cut.length === 0 ? {} : { cut };
      const varied = variant === null ? {} : { variant };
      records.push({ subgraph, ...varied, outcome, ms, sent: body.length, received, ...left });
    };
    reply.then(
      answer => add(answer.status, answer.body.length),
      (error: unknown) => add(error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR', 0),
    );
    return reply;
  };
}
