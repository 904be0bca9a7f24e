import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** The first request on a new connection may still be on its way for so long. */
const ARRIVAL_MS = 500;

/**
 * Bounds how long `close()` waits for requests in flight. What remains after that is cut off: a client that
 * reads too slowly must not keep the process from ending.
 */
export function boundDrain(app: FastifyInstance, drainMs: number): void {
  let closing = false;
  const endSilent = silentConnections(app);
  app.addHook('preClose', async () => {
    closing = true;
    // Served without a socket it has no connections, and never says that it is closed.
    if (!app.server.listening) return;
    const silent = setTimeout(endSilent, ARRIVAL_MS);
    const late = setTimeout(() => app.server.closeAllConnections(), drainMs);
    app.server.once('close', () => {
      clearTimeout(silent);
      clearTimeout(late);
    });
  });
  app.addHook('onResponse', (_request, _reply, done) => {
    // Connections whose request was answered while closing; Node only looks for idle ones when it begins.
    if (closing) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
}

/**
 * Browsers connect ahead of what they may ask. Node takes such a connection for one with a request, and would wait for it.
 * @returns what ends those on which nothing has come
 */
function silentConnections({ server }: FastifyInstance): () => void {
  const connected = new Set<Socket>();
  const follow = (socket: Socket): void => {
    connected.add(socket);
    socket.once('close', () => connected.delete(socket));
  };
  server.on('connection', follow);
  // Of what is encrypted, the bytes that count.
  server.on('secureConnection', follow);
  return () => {
    for (const socket of connected) if (socket.bytesRead === 0) socket.destroy();
  };
}
