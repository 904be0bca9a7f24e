import Fastify, { type FastifyInstance } from 'fastify';
import { registerHealth } from '../http/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';

interface AdminOptions {
  readonly metrics: Metrics;
  readonly isReady: () => boolean;
}

/** The listener for operators: health and metrics. */
export function createAdminListener({ metrics, isReady }: AdminOptions): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: 64 * 1024 });
  registerHealth(app, isReady);
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', metrics.registry.contentType);
    return metrics.registry.metrics();
  });
  return app;
}
