import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

interface ConnectionOptions {
  readonly maxConnections: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Of all that there may be: with fewer again there is room, and not only for the next one to be refused after. */
const ROOM = 0.9;

/**
 * Bounds how many connections a listener has at once: each takes memory and a file descriptor, whether or not it ever asks
 * for anything. One too many is closed before a byte of it is read, as an answer would take what there is none of.
 */
export function boundConnections({ server }: FastifyInstance, options: ConnectionOptions): void {
  const { maxConnections, logger, metrics } = options;
  server.maxConnections = maxConnections;
  let open = 0;
  /** Since there was room; null: there is. */
  let refused: number | null = null;
  const left = (): void => {
    metrics.openConnections(--open);
    if (refused === null || open > maxConnections * ROOM) return;
    logger.info({ refused, open }, 'no longer too many connections: others are taken again');
    refused = null;
  };
  // Of what is encrypted too, before its handshake.
  server.on('connection', (socket: Socket) => {
    metrics.openConnections(++open);
    socket.once('close', left);
  });
  server.on('drop', () => {
    metrics.connectionRefused();
    if (refused === null)
      logger.warn(
        { open },
        'too many connections: others are refused; server.maxConnections is how many there may be',
      );
    refused = (refused ?? 0) + 1;
  });
}
