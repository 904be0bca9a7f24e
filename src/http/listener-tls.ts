import type { Server } from 'node:http';
import type { ServerOptions } from 'node:https';
import type { SecureContextOptions, Server as TlsServer } from 'node:tls';
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
export function serverOptions<T extends object>(tls: ListenerTls | null, limits: T) {
  if (tls === null) return { http: limits };
  return { https: { handshakeTimeout: HANDSHAKE_MS, ...tls.options, ...limits } };
}

/** Has a server with these options take renewed certificates, for connections that are made from then on. */
export function followTls(server: Server, tls: ListenerTls | null, logger: Logger): void {
  if (tls === null) return;
  // Fastify's types know of one kind of server.
  const secure = server as unknown as TlsServer;
  tls.onRenewed(certificates => secure.setSecureContext(certificates));
  const tell = (reason: string): void => logger.debug({ reason }, 'a client got no TLS connection');
  secure.on('tlsClientError', (error, { authorizationError }) =>
    tell(authorizationError === null ? describeFailure(error) : whyNot(authorizationError)),
  );
  secure.on('secureConnection', socket => {
    // Where certificates are asked for but not required, Node lets bad ones pass as well as none.
    if (socket.authorized || socket.getPeerX509Certificate() === undefined) return;
    tell(whyNot(socket.authorizationError));
    socket.destroy();
  });
}

/** Node has a code there, whatever its types say. */
function whyNot(authorizationError: unknown): string {
  return `the certificate that it showed is not good (${authorizationError})`;
}
