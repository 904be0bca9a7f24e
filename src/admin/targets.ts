import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type AskedPlace, shownUrl } from '../execution/fetch/targets/asked-place.ts';
import type { VariantTrials } from '../execution/fetch/variants/variant-trials.ts';
import type { Clock } from '../shared/clock.ts';
import { nearest } from '../shared/nearest.ts';
import type { Logger } from '../telemetry/logger.ts';
import { readOrder } from './read-order.ts';

export interface TargetsAdminOptions {
  /** Of the generation that is served. */
  readonly places: () => readonly AskedPlace[];
  readonly trials: VariantTrials;
  readonly clock: Clock;
  readonly logger: Logger;
}

const HOST_AND_PORT = /^[\w.[\]:-]{1,300}:\d{1,5}$/;

const order = z.strictObject({
  subgraph: z.string().min(1).max(300),
  variant: z.string().min(1).max(300).optional(),
  /** As it is listed, or as the log has it. */
  target: z
    .string()
    .max(2_000)
    .refine(text => HOST_AND_PORT.test(text) || isUrl(text), {
      error: 'is neither an http(s) URL nor host:port',
    })
    .transform(text => (isUrl(text) ? shownUrl(text) : text))
    .optional(),
});

type Order = z.output<typeof order>;

const ORDER = {
  schema: order,
  command: 'weir targets',
  example: { subgraph: 'products', variant: 'canary' },
};

/** `GET /targets` tells how the places do at which subgraphs are asked; `POST /targets/restore` gives them requests again. */
export function registerTargets(app: FastifyInstance, options: TargetsAdminOptions): void {
  app.get('/targets', async (_request, reply) => {
    return reply.header('cache-control', 'no-store').send(shown(options.places(), options));
  });
  app.post('/targets/restore', restore(options));
}

function restore(options: TargetsAdminOptions) {
  const { trials, clock, logger } = options;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply.header('cache-control', 'no-store');
    const read = readOrder(request, ORDER);
    if (read.kind === 'refused') return reply.code(read.status).send(read.body);
    const { order: wanted } = read;
    const all = options.places();
    const found = all.filter(place => isMeant(place, wanted));
    const status = found.length === 0 ? 404 : 200;
    logger.info(
      { audit: { action: 'restore-target', from: request.ip, ...wanted, status } },
      'targets of subgraphs',
    );
    if (found.length === 0) return reply.code(404).send({ error: unknown(wanted, all) });
    const now = clock.elapsed();
    for (const { subgraph, variant, watched } of found) {
      watched?.group.restore(watched.target, now);
      // One of its URLs is well: that says nothing about the variant.
      if (wanted.target === undefined) trials.restore({ subgraph, variant });
    }
    return reply.send(shown(found, options));
  };
}

function isMeant(place: AskedPlace, { subgraph, variant, target }: Order): boolean {
  if (place.subgraph !== subgraph || (variant ?? place.variant) !== place.variant) return false;
  return target === undefined || place.url === target || place.watched?.target.address === target;
}

function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

function unknown({ subgraph, variant, target }: Order, places: readonly AskedPlace[]): string {
  const own = places.filter(place => place.subgraph === subgraph);
  if (own.length === 0)
    return `there is no subgraph "${subgraph}"${hint(
      subgraph,
      places.map(place => place.subgraph),
    )}`;
  const ofVariant = own.filter(place => (variant ?? place.variant) === place.variant);
  if (variant !== undefined && ofVariant.length === 0)
    return `${subgraph} has no variant "${variant}"${hint(
      variant,
      own.map(place => place.variant),
    )}`;
  const known = [...new Set(ofVariant.map(place => place.url))].join(', ');
  return `${subgraph} is not asked at ${target}, but at ${known}`;
}

function hint(name: string, known: readonly string[]): string {
  const suggestion = nearest(name, [...new Set(known)]);
  return suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
}

function shown(places: readonly AskedPlace[], { trials, clock }: TargetsAdminOptions): object {
  const now = clock.elapsed();
  return { targets: places.map(place => ({ ...describe(place, now), off: whyOff(place, trials, now) })) };
}

function describe({ subgraph, variant, url, watched }: AskedPlace, now: number): object {
  if (watched === null)
    return { subgraph, variant, url, state: 'serving', outForMs: 0, pending: null, failures: null };
  const { state, pending, failures } = watched.target;
  const outForMs = state.kind === 'ejected' ? Math.max(0, Math.ceil(state.until - now)) : 0;
  return { subgraph, variant, url, state: state.kind, outForMs, pending, failures };
}

/** Null: it is not switched off. Without a time it stays so. */
function whyOff({ subgraph, variant }: AskedPlace, trials: VariantTrials, now: number): object | null {
  const state = trials.stateOf({ subgraph, variant });
  if (state.kind === 'on') return null;
  const forMs = Number.isFinite(state.until) ? Math.max(0, Math.ceil(state.until - now)) : null;
  return { forMs, ...state.comparison };
}
