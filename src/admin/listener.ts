import Fastify, { type FastifyInstance } from 'fastify';
import { registerHealth } from '../http/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type LimitsAdminOptions, registerLimits } from './limits.ts';

interface AdminOptions {
  readonly metrics: Metrics;
  readonly isReady: () => boolean;
  readonly limits: LimitsAdminOptions;
}

/** The listener for operators: health, metrics, limits. */
export function createAdminListener({ metrics, isReady, limits }: AdminOptions): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: 64 * 1024 });
  registerHealth(app, isReady);
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', metrics.registry.contentType);
    return metrics.registry.metrics();
  });
  registerLimits(app, limits);
  return app;
}
