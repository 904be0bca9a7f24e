import type { FastifyInstance } from 'fastify';

/**
 * Bounds how long `close()` waits for requests in flight. What remains after that is cut off: a client that
 * reads too slowly must not keep the process from ending.
 */
export function boundDrain(app: FastifyInstance, drainMs: number): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    const timer = setTimeout(() => app.server.closeAllConnections(), drainMs);
    app.server.once('close', () => clearTimeout(timer));
  });
  app.addHook('onResponse', (_request, _reply, done) => {
    // Connections whose request was answered while closing; Node only looks for idle ones when it begins.
    if (closing) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
}
