import Fastify, { type FastifyInstance } from 'fastify';
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
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0];
    return reply.code(404).send({ error: `There is nothing at ${request.method} ${path}.`, paths: PATHS });
  });
  return app;
}
