import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { type ErrorCode, GatewayError, GENERIC_MESSAGE } from '../errors.ts';
import { registerHealth } from '../http/health.ts';
import { followTls, type ListenerTls, serverOptions } from '../http/listener-tls.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type BreakersAdminOptions, registerBreakers } from './breakers.ts';
import { type CacheAdminOptions, registerCache } from './cache.ts';
import { assertKnownHost } from './known-host.ts';
import { type LimitsAdminOptions, registerLimits } from './limits.ts';
import { registerTargets, type TargetsAdminOptions } from './targets.ts';

interface AdminOptions {
  readonly metrics: Metrics;
  readonly isReady: () => boolean;
  readonly logger: Logger;
  /** Null: HTTP. */
  readonly tls: ListenerTls | null;
  /** Names that it goes by, in lower case. */
  readonly hosts: readonly string[];
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
  const { metrics, isReady, limits, breakers, targets, cache, logger, tls, hosts } = options;
  const app = Fastify({ logger: false, bodyLimit: 64 * 1024, ...serverOptions(tls, {}) });
  followTls(app, tls, logger);
  // With a certificate the name is one that its holder goes by, or browsers would not ask for it.
  if (tls === null) refuseStrangeNames(app, new Set(hosts));
  registerHealth(app, isReady);
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', metrics.registry.contentType);
    return metrics.registry.metrics();
  });
  registerLimits(app, limits);
  registerBreakers(app, breakers);
  registerTargets(app, targets);
  registerCache(app, cache);
  app.setErrorHandler((error: FastifyError | GatewayError, _request, reply) => {
    const { status, message, code } = refusalOf(error);
    if (status >= 500) logger.error({ err: error }, 'a request to the admin listener failed');
    return reply.code(status).header('cache-control', 'no-store').send({ error: message, code });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0];
    return reply.code(404).send({ error: `There is nothing at ${request.method} ${path}.`, paths: PATHS });
  });
  return app;
}

/**
 * For what is read: `isForeignPage` knows pages by more when they would change something, and that is written down. Probes
 * are asked by whatever name, and told nothing that is worth hiding.
 */
function refuseStrangeNames(app: FastifyInstance, names: ReadonlySet<string>): void {
  app.addHook('onRequest', async ({ method, url, headers }) => {
    if (READS.has(method) && !HEALTH.has(url)) assertKnownHost(headers.host ?? '', names);
  });
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const HEALTH: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);

interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly code?: ErrorCode;
}

/** Errors of the catalogue, and Fastify's own complaints in the form of all others here. */
function refusalOf(error: FastifyError | GatewayError): Refusal {
  if (error instanceof GatewayError)
    return { status: error.status, message: error.message, code: error.code };
  const { code, statusCode = 500 } = error;
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
