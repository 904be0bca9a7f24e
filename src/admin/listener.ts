import Fastify, { type FastifyInstance } from 'fastify';
import { registerHealth } from '../http/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type BreakersAdminOptions, registerBreakers } from './breakers.ts';
import { type LimitsAdminOptions, registerLimits } from './limits.ts';

interface AdminOptions {
  readonly metrics: Metrics;
  readonly isReady: () => boolean;
  readonly limits: LimitsAdminOptions;
  readonly breakers: BreakersAdminOptions;
}

/** The listener for operators: health, metrics, limits, breakers. */
export function createAdminListener({ metrics, isReady, limits, breakers }: AdminOptions): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: 64 * 1024 });
  registerHealth(app, isReady);
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', metrics.registry.contentType);
    return metrics.registry.metrics();
  });
  registerLimits(app, limits);
  registerBreakers(app, breakers);
  return app;
}
