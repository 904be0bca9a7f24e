import { type ClientHttp2Session, connect as openSession } from 'node:http2';
import type { buildConnector } from 'undici';
import {
  type Exchange,
  ExchangeController,
  type ExchangeEnd,
  type OutgoingRequest,
  sendOver,
} from './http2-exchange.ts';

export interface Http2Options {
  /** Requests in flight at a time, if the subgraph allows as many. */
  readonly streams: number;
  readonly connect: buildConnector.connector;
  /** Differs once connections are to be made in another way. */
  readonly way: () => unknown;
  /** Gets the errors of connections that had served a request before. */
  readonly stale: WeakSet<Error>;
  /** Takes what waited for a connection to a subgraph that does not speak HTTP/2. */
  readonly onHttp1: (waiting: readonly Exchange[]) => void;
}

interface Connection {
  readonly session: ClientHttp2Session;
  readonly way: unknown;
  /** Requests in flight. */
  running: number;
  /** How many there may be: none until the subgraph has said so, as it would refuse those above. */
  limit: number;
  hasServed: boolean;
  isProbed: boolean;
}

interface Waiting extends Exchange {
  refusals: number;
}

const SETTINGS_MS = 10_000;
const PING_MS = 2_000;

/** A request that the subgraph has refused unseen is sent again, but not for ever. */
const MAX_REFUSALS = 3;

/** What one stream, and what all together may bring before it is read: the defaults are for slow readers. */
const STREAM_WINDOW = 1024 * 1024;
const SESSION_WINDOW = 8 * STREAM_WINDOW;

/**
 * The requests to one origin, over one connection of HTTP/2 at a time. Written on Node's own client, as undici's gives
 * up what is in flight when a subgraph announces that it will close the connection (GOAWAY); servers do so at every
 * restart, and some after so many requests.
 */
export class Http2Connections {
  readonly #origin: URL;
  readonly #options: Http2Options;
  readonly #waiting: Waiting[] = [];
  /** Those too that only finish what they have begun. */
  readonly #sessions = new Set<ClientHttp2Session>();
  #current: Connection | null = null;
  #isConnecting = false;
  #isClosed = false;

  constructor(origin: string, options: Http2Options) {
    this.#origin = new URL(origin);
    this.#options = options;
  }

  dispatch(request: OutgoingRequest, handler: Exchange['handler']): void {
    this.#waiting.push({ request, handler, refusals: 0 });
    this.#sendWaiting();
  }

  async destroy(): Promise<void> {
    this.#isClosed = true;
    this.#failWaiting(closed());
    const ended = [...this.#sessions].map(session => new Promise(done => session.once('close', done)));
    for (const session of this.#sessions) session.destroy();
    await Promise.all(ended);
  }

  #sendWaiting(): void {
    const connection = this.#usable();
    if (connection === null) {
      if (this.#isClosed) this.#failWaiting(closed());
      else if (this.#waiting.length > 0) this.#connect();
      return;
    }
    while (connection.running < connection.limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      connection.running++;
      sendOver(connection.session, next, how => this.#ended(connection, next, how));
    }
  }

  /** What is in flight on a connection that is no longer used is still answered there. */
  #usable(): Connection | null {
    const { session, way } = this.#current ?? {};
    if (session === undefined) return null;
    if (way !== this.#options.way()) session.close();
    if (session.closed || session.destroyed) this.#current = null;
    return this.#current;
  }

  #ended(connection: Connection, exchange: Waiting, how: ExchangeEnd): void {
    connection.running--;
    if (how === 'answered') connection.hasServed = true;
    else if (how === 'aborted') probe(connection);
    else if (how === 'refused') this.#takeBack(exchange);
    else if (connection.hasServed) this.#options.stale.add(how);
    this.#sendWaiting();
  }

  #takeBack(exchange: Waiting): void {
    exchange.refusals++;
    if (exchange.refusals < MAX_REFUSALS) this.#waiting.unshift(exchange);
    else failExchange(exchange, new Error('the subgraph refuses the request (REFUSED_STREAM of HTTP/2)'));
  }

  #connect(): void {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    const way = this.#options.way();
    const { protocol, host, hostname, port } = this.#origin;
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    this.#options.connect({ protocol, host, hostname: address, port }, (...[error, socket]) => {
      this.#isConnecting = false;
      if (error !== null) {
        this.#failWaiting(error);
        return;
      }
      if (this.#isClosed || !('alpnProtocol' in socket) || socket.alpnProtocol !== 'h2') {
        socket.destroy();
        this.#options.onHttp1(this.#waiting.splice(0));
        return;
      }
      const session = openSession(this.#origin, {
        createConnection: () => socket,
        settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
      });
      this.#follow({ session, way, running: 0, limit: 0, hasServed: false, isProbed: false });
    });
  }

  #follow(connection: Connection): void {
    const { session } = connection;
    const late = setTimeout(() => session.destroy(new Error('no SETTINGS of HTTP/2 came')), SETTINGS_MS);
    this.#current = connection;
    this.#sessions.add(session);
    session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW));
    session.on('remoteSettings', ({ maxConcurrentStreams = this.#options.streams }) => {
      clearTimeout(late);
      // One that allows none for now is asked all the same: a request that waits there ends when its time is over.
      connection.limit = Math.max(1, Math.min(this.#options.streams, maxConcurrentStreams));
      this.#sendWaiting();
    });
    let reason = new Error('the connection was closed before HTTP/2 began on it');
    session.on('error', error => {
      reason = error;
    });
    session.on('close', () => {
      clearTimeout(late);
      this.#sessions.delete(session);
      // To try again for those who wait would be to try for ever.
      if (connection.limit === 0) this.#failWaiting(reason);
      this.#sendWaiting();
    });
  }

  #failWaiting(error: Error): void {
    for (const exchange of this.#waiting.splice(0)) failExchange(exchange, error);
  }
}

function closed(): Error {
  return new Error('the connections to the subgraph are closed');
}

function failExchange({ handler }: Exchange, error: Error): void {
  handler.onResponseError?.(new ExchangeController(), error);
}

/**
 * A subgraph that is slow and one that is gone without a word look the same to one request. A connection that carries
 * all of them has to know: else they would all be lost on it until TCP gives up, after minutes.
 */
function probe(connection: Connection): void {
  const { session } = connection;
  if (connection.isProbed || session.destroyed) return;
  connection.isProbed = true;
  const late = setTimeout(() => session.destroy(new Error('no answer came to a PING of HTTP/2')), PING_MS);
  session.ping(() => {
    clearTimeout(late);
    connection.isProbed = false;
  });
}
