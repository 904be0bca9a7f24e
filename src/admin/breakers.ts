import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { duration } from '../config/values.ts';
import type { Breaker } from '../execution/breaker/breaker.ts';
import type { Breakers } from '../execution/breaker/breakers.ts';
import type { Clock } from '../shared/clock.ts';
import { nearestCoordinate } from '../shared/nearest-coordinate.ts';
import type { Logger } from '../telemetry/logger.ts';
import { readOrder } from './read-order.ts';

export interface BreakersAdminOptions {
  readonly breakers: Breakers;
  readonly clock: Clock;
  readonly logger: Logger;
}

const LONGEST_MS = 3_600_000;

const order = z.strictObject({
  coordinate: z.string().min(3).max(300),
  subgraph: z.string().min(1).max(300).optional(),
  for: duration.refine(ms => ms > 0 && ms <= LONGEST_MS, { error: 'is not between 1ms and 1h' }),
});

const ORDER = {
  schema: order,
  command: 'weir breakers',
  example: { coordinate: 'Type.field', for: '5m' },
};

/** `GET /breakers` tells their states; `POST /breakers/open` and `/close` put an operator's word over them. */
export function registerBreakers(app: FastifyInstance, options: BreakersAdminOptions): void {
  const { breakers, clock } = options;
  app.get('/breakers', async (_request, reply) => {
    const now = clock.elapsed();
    const all = [...breakers.list()].sort(byName).map(breaker => describe(breaker, now));
    return reply.header('cache-control', 'no-store').send({ breakers: all });
  });
  app.post('/breakers/open', force('open', options));
  app.post('/breakers/close', force('closed', options));
}

function force(to: 'open' | 'closed', { breakers, clock, logger }: BreakersAdminOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply.header('cache-control', 'no-store');
    const read = readOrder(request, ORDER);
    if (read.kind === 'refused') return reply.code(read.status).send(read.body);
    const { coordinate, subgraph, for: forMs } = read.order;
    const found = breakers
      .list()
      .filter(one => one.coordinate === coordinate && (subgraph ?? one.subgraph) === one.subgraph);
    const status = found.length === 0 ? 404 : 200;
    logger.info(
      { audit: { action: `force-${to}`, from: request.ip, coordinate, subgraph, forMs, status } },
      'circuit breakers',
    );
    if (found.length === 0) return reply.code(404).send({ error: unknown(coordinate, subgraph, breakers) });
    const now = clock.elapsed();
    for (const breaker of found) breaker.force({ to, until: now + forMs });
    return reply.send({ breakers: found.map(breaker => describe(breaker, now)) });
  };
}

/** A breaker is made when the first operation with its field is planned. */
function unknown(coordinate: string, subgraph: string | undefined, breakers: Breakers): string {
  const known = [...new Set(breakers.list().map(one => one.coordinate))];
  const suggestion = known.includes(coordinate) ? undefined : nearestCoordinate(coordinate, known);
  const hint =
    suggestion === undefined
      ? 'it has one once it has been asked for, and `weir breakers list --all` (GET /breakers) names all'
      : `did you mean "${suggestion}"?`;
  const place = subgraph === undefined ? '' : ` of ${subgraph}`;
  return `${coordinate}${place} has no circuit breaker; ${hint}`;
}

/** They come up in the order in which they were first asked. */
function byName(one: Breaker, other: Breaker): number {
  return one.subgraph.localeCompare(other.subgraph) || one.coordinate.localeCompare(other.coordinate);
}

function describe(breaker: Breaker, now: number): object {
  const { subgraph, coordinate, state, forced } = breaker;
  const { calls, failures, slow } = breaker.tally(now);
  const isForced = forced !== null && forced.until > now;
  return {
    subgraph,
    coordinate,
    state: state.kind,
    sinceMs: Math.round(now - state.since),
    retryAfterMs: state.kind === 'open' ? Math.max(0, Math.ceil(state.until - now)) : 0,
    window: { calls, failures, slow },
    forced: isForced ? { to: forced.to, forMs: Math.ceil(forced.until - now) } : null,
  };
}
