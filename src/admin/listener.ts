import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { GENERIC_MESSAGE } from '../errors.ts';
import { registerHealth } from '../http/health.ts';
import { followTls, type ListenerTls, serverOptions } from '../http/listener-tls.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type BreakersAdminOptions, registerBreakers } from './breakers.ts';
import { type CacheAdminOptions, registerCache } from './cache.ts';
import { type LimitsAdminOptions, registerLimits } from './limits.ts';
import { registerTargets, type TargetsAdminOptions } from './targets.ts';

interface AdminOptions {
  readonly metrics: Metrics;
  readonly isReady: () => boolean;
  readonly logger: Logger;
  /** Null: HTTP. */
  readonly tls: ListenerTls | null;
  readonly limits: LimitsAdminOptions;
  readonly breakers: BreakersAdminOptions;
  readonly targets: TargetsAdminOptions;
  readonly cache: CacheAdminOptions;
}

/** For who has found the port and not the page about it. */
const PATHS = [
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /limits',
  'DELETE /limits',
  'GET /breakers',
  'POST /breakers/open',
  'POST /breakers/close',
  'GET /targets',
  'POST /targets/restore',
  'POST /cache/invalidate',
];

/** The listener for operators: health, metrics, limits, breakers, targets, cache. */
export function createAdminListener(options: AdminOptions): FastifyInstance {
  const { metrics, isReady, limits, breakers, targets, cache, logger, tls } = options;
  const app = Fastify({ logger: false, bodyLimit: 64 * 1024, ...serverOptions(tls, {}) });
  followTls(app, tls, logger);
  registerHealth(app, isReady);
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', metrics.registry.contentType);
    return metrics.registry.metrics();
  });
  registerLimits(app, limits);
  registerBreakers(app, breakers);
  registerTargets(app, targets);
  registerCache(app, cache);
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const { status, message } = refusalOf(error);
    if (status >= 500) logger.error({ err: error }, 'a request to the admin listener failed');
    return reply.code(status).header('cache-control', 'no-store').send({ error: message });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0];
    return reply.code(404).send({ error: `There is nothing at ${request.method} ${path}.`, paths: PATHS });
  });
  return app;
}

/** Fastify's own complaints, in the form of all others here. */
function refusalOf({ code, statusCode = 500 }: FastifyError): { status: number; message: string } {
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return { status: 415, message: 'Send the request with content-type: application/json.' };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return { status: 413, message: 'The request body is too large.' };
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return { status: 400, message: 'The request body is empty.' };
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY')
    return { status: 400, message: 'The request body is not JSON.' };
  if (statusCode < 500)
    return { status: statusCode, message: 'The request is not valid HTTP for this listener.' };
  return { status: 500, message: GENERIC_MESSAGE };
}
