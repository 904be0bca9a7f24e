import type { SecureContext } from 'node:tls';
import { buildConnector, Client, type Dispatcher, Pool } from 'undici';

/** What a TLS connection to a subgraph is made with. */
export interface SubgraphTls {
  /** Subgraphs at one origin share connections if they have the same. */
  readonly id: string;
  /** The name that the certificate must have. Absent: the host of the URL. */
  readonly serverName: string | undefined;
  /** CAs, certificate and key as they are now; another object after they were renewed. */
  current(): SecureContext;
}

export interface ConnectionOptions {
  readonly connections: number;
  readonly tls?: SubgraphTls | undefined;
  /** Whether HTTP/2 is offered. */
  readonly http2?: boolean | undefined;
  /** Gets the errors of connections that had served a request before. */
  readonly stale: WeakSet<Error>;
}

/** What is used of undici's dispatchers. */
export interface Connections {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
  destroy(): Promise<unknown>;
}

/** The connections to one origin. */
export function openConnections(origin: string, options: ConnectionOptions): Connections {
  const { connections, http2 = false } = options;
  const connect = markingStale(connectorOf(options), options.stale);
  if (http2 && origin.startsWith('https:')) return ofEitherVersion(origin, connections, connect);
  return new Pool(origin, { connections, pipelining: 1, connect });
}

/** New connections are made with the certificates of now; those that are open stay as they are. */
function connectorOf({ tls, http2: allowH2 = false }: ConnectionOptions): buildConnector.connector {
  if (tls === undefined) return buildConnector({ allowH2 });
  const { serverName } = tls;
  const make = (secureContext: SecureContext): buildConnector.connector =>
    buildConnector({
      allowH2,
      secureContext,
      ...(serverName === undefined ? {} : { servername: serverName }),
    });
  let context = tls.current();
  let connect = make(context);
  return (options, done) => {
    const now = tls.current();
    // Made anew, as it remembers sessions: to resume one would be to trust what was trusted before.
    if (now !== context) connect = make(now);
    context = now;
    return connect(options, done);
  };
}

/**
 * One connection of HTTP/2, until a handshake finds that the subgraph speaks HTTP/1.1 only: then as many of those. What
 * waits for that first handshake is sent over its connection, one by one. Each further handshake is believed again.
 */
function ofEitherVersion(
  origin: string,
  connections: number,
  connect: buildConnector.connector,
): Connections {
  let isSecond = true;
  const noting: buildConnector.connector = (options, done) =>
    connect(options, (...[error, socket]) => {
      if (error !== null) {
        done(error, null);
        return;
      }
      isSecond = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
      client.pipelining = isSecond ? connections : 1;
      done(null, socket);
    });
  const client = new Client(origin, {
    connect: noting,
    allowH2: true,
    pipelining: connections,
    // Until the subgraph has said how many: it would refuse those above.
    maxConcurrentStreams: 1,
  });
  const pool = new Pool(origin, { connect: noting, allowH2: true, connections, pipelining: 1 });
  return {
    dispatch(options, handler) {
      // undici sends a request beside others only if it is called idempotent. It does not repeat it for that.
      const sent = { ...options, idempotent: true };
      return isSecond ? client.dispatch(sent, handler) : pool.dispatch(options, handler);
    },
    destroy: () => Promise.all([client.destroy(), pool.destroy()]),
  };
}

/**
 * A subgraph may close an idle connection in the moment in which a request is written to it. undici does not
 * say whether a connection that failed was such a one, so its errors are marked before undici sees them.
 */
function markingStale(connect: buildConnector.connector, stale: WeakSet<Error>): buildConnector.connector {
  return (options, done) =>
    connect(options, (...[error, socket]) => {
      socket?.on('error', failure => {
        if (socket.bytesRead > 0) stale.add(failure);
      });
      if (error === null) done(null, socket);
      else done(error, null);
    });
}
