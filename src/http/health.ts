import type { FastifyInstance } from 'fastify';

/** Live: the process runs. Ready: a generation is loaded and the process is not about to end. */
export function registerHealth(app: FastifyInstance, isReady: () => boolean): void {
  app.get('/health/live', async () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    if (isReady()) return { status: 'ready' };
    return reply.code(503).send({ status: 'not ready' });
  });
}
