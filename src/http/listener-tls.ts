import type { ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions, Server } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { describeFailure } from '../shared/describe-failure.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What makes a listener speak HTTPS. */
export interface ListenerTls {
  readonly options: ServerOptions;
  /** Calls back whenever certificates were renewed. */
  onRenewed(use: (certificates: SecureContextOptions) => void): void;
}

/** Connections without a request are cheap to open; Node gives each two minutes for its handshake. */
const HANDSHAKE_MS = 10_000;

/** For Fastify; `limits` are those that hold with HTTP too. */
export function serverOptions<T extends { readonly headersTimeout?: number }>(
  tls: ListenerTls | null,
  limits: T,
) {
  if (tls === null) return { http: limits };
  const { headersTimeout: handshakeTimeout = HANDSHAKE_MS } = limits;
  return { https: { handshakeTimeout, ...tls.options, ...limits } };
}

/** Has a listener with these options take renewed certificates, for connections that are made from then on. */
export function followTls(app: FastifyInstance, tls: ListenerTls | null, logger: Logger): void {
  if (tls === null) return;
  // Fastify's types know of one kind of server.
  const server = app.server as unknown as Server;
  tls.onRenewed(certificates => server.setSecureContext(certificates));
  const tell = (reason: string): void => logger.debug({ reason }, 'a client got no TLS connection');
  server.on('tlsClientError', (error, socket) => {
    const { authorizationError } = socket;
    tell(authorizationError === null ? describeFailure(error) : whyNot(authorizationError));
    // Whoever answers broken HTTP would wait for the handshake to be over.
    socket.destroy();
  });
  server.on('secureConnection', socket => {
    // Where certificates are asked for but not required, Node lets bad ones pass as well as none.
    if (socket.authorized || socket.getPeerX509Certificate() === undefined) return;
    tell(whyNot(socket.authorizationError));
    socket.destroy();
  });
  endHandshakes(app, server);
}

/** To Node, a connection is none of HTTP before its handshake is over: it would wait for them all when it closes. */
function endHandshakes(app: FastifyInstance, server: Server): void {
  const begun = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    begun.set(name, socket);
    socket.once('close', () => begun.delete(name));
  });
  server.on('secureConnection', socket => begun.delete(nameOf(socket)));
  app.addHook('preClose', async () => {
    for (const socket of begun.values()) socket.destroy();
  });
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Node has a code there, whatever its types say. */
function whyNot(authorizationError: unknown): string {
  return `the certificate that it showed is not good (${authorizationError})`;
}
