import type { SecureContext } from 'node:tls';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import { Http2Connections } from './http2-connections.ts';
import type { OutgoingRequest } from './http2-exchange.ts';

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
  /** Whether HTTP/2 is offered; then `connections` are requests in flight over its one connection. */
  readonly http2?: boolean | undefined;
  /** Gets the errors of connections that had served a request before. */
  readonly stale: WeakSet<Error>;
}

/** What is used of undici's pools. */
export interface Connections {
  dispatch(request: OutgoingRequest, handler: Dispatcher.DispatchHandler): unknown;
  destroy(): Promise<unknown>;
}

/** The connections to one origin. */
export function openConnections(origin: string, options: ConnectionOptions): Connections {
  const isOffered = options.http2 === true && origin.startsWith('https:');
  return isOffered ? ofEitherVersion(origin, options) : openPool(origin, options);
}

function openPool(origin: string, { connections, tls, stale }: ConnectionOptions): Pool {
  return new Pool(origin, {
    connections,
    pipelining: 1,
    connect: markingStale(connectorOf(tls, false), stale),
  });
}

/** New connections are made with the certificates of now; those that are open stay as they are. */
function connectorOf(tls: SubgraphTls | undefined, allowH2: boolean): buildConnector.connector {
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

/** HTTP/2, until a handshake finds that the subgraph does not speak it: from then on HTTP/1.1. */
function ofEitherVersion(origin: string, options: ConnectionOptions): Connections {
  const { connections, tls, stale } = options;
  const pool = openPool(origin, options);
  let speaksHttp2 = true;
  const http2 = new Http2Connections(origin, {
    streams: connections,
    connect: connectorOf(tls, true),
    way: () => tls?.current(),
    stale,
    onHttp1(waiting) {
      speaksHttp2 = false;
      for (const { request, handler } of waiting) pool.dispatch(request, handler);
    },
  });
  return {
    dispatch: (request, handler) => (speaksHttp2 ? http2 : pool).dispatch(request, handler),
    destroy: () => Promise.all([http2.destroy(), pool.destroy()]),
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
