import { buildConnector, Pool } from 'undici';
import type { Clock } from '../../shared/clock.ts';
import { ReplyHandler, timeout, unavailable } from './reply-handler.ts';
import type { Signer } from './sign/signer.ts';
import type { SubgraphFetch, SubgraphReply, SubgraphRequest } from './subgraph-fetch.ts';

/** Where a subgraph is and how much it may take. */
export interface SubgraphEndpoint {
  readonly url: string;
  /** Longest time from asking to the last byte, ms. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Open connections to its origin. */
  readonly connections: number;
  /** Absent: its requests are not signed. */
  readonly sign?: Signer | undefined;
}

export interface Transport {
  readonly fetch: SubgraphFetch;
  close(): Promise<void>;
}

/** HTTP to subgraphs: one connection pool for each origin. */
export function createTransport(endpoints: ReadonlyMap<string, SubgraphEndpoint>, clock: Clock): Transport {
  const pools = new Map<string, Pool>();
  const targets = new Map<string, Target>();
  const stale = new WeakSet<Error>();
  const connect = connectorMarking(stale);
  for (const [name, endpoint] of endpoints) {
    const url = new URL(endpoint.url);
    const pool =
      pools.get(url.origin) ??
      new Pool(url.origin, { connections: endpoint.connections, pipelining: 1, connect });
    pools.set(url.origin, pool);
    targets.set(name, { endpoint, url, pool, path: url.pathname + url.search, stale });
  }
  return {
    fetch(request) {
      const target = targets.get(request.endpoint ?? request.subgraph);
      if (target === undefined) {
        return Promise.reject(
          unavailable(request, new Error(`no URL is configured for ${request.subgraph}`)),
        );
      }
      return post(request, target, clock);
    },
    async close() {
      await Promise.all([...pools.values()].map(pool => pool.destroy()));
    },
  };
}

interface Target {
  readonly endpoint: SubgraphEndpoint;
  readonly url: URL;
  readonly pool: Pool;
  readonly path: string;
  /** Errors of connections that had served a request before. */
  readonly stale: WeakSet<Error>;
}

/**
 * A subgraph may close an idle connection in the moment in which a request is written to it. undici does not
 * say whether a connection that failed was such a one, so its errors are marked before undici sees them.
 */
function connectorMarking(stale: WeakSet<Error>): buildConnector.connector {
  const connect = buildConnector({});
  return (options, done) =>
    connect(options, (...[error, socket]) => {
      socket?.on('error', failure => {
        if (socket.bytesRead > 0) stale.add(failure);
      });
      if (error === null) done(null, socket);
      else done(error, null);
    });
}

function post(request: SubgraphRequest, target: Target, clock: Clock): Promise<SubgraphReply> {
  return new Promise((resolve, reject) => {
    const timeoutMs = Math.min(target.endpoint.timeoutMs, request.context.deadlineAt - clock.elapsed());
    if (timeoutMs <= 0) {
      reject(timeout(request));
      return;
    }
    const dispatch = (): void => {
      const { pool, path } = target;
      // Made anew for each time it is sent: no two requests may have one signature.
      const headers = headersOf(request, target, timeoutMs);
      pool.dispatch({ method: 'POST', path, headers, body: request.body }, handler);
    };
    const handler = new ReplyHandler({
      request,
      maxResponseBytes: target.endpoint.maxResponseBytes,
      stale: target.stale,
      timeoutMs,
      resolve,
      reject,
      again: dispatch,
    });
    dispatch();
  });
}

function headersOf(
  { subgraph, context, body }: SubgraphRequest,
  target: Target,
  timeoutMs: number,
): string[] {
  const forwarded = context.forwarded.headersFor(subgraph);
  const headers = [
    'content-type',
    'application/json',
    'accept',
    'application/graphql-response+json, application/json;q=0.9',
    'x-request-id',
    context.requestId,
    'x-deadline-ms',
    String(Math.ceil(timeoutMs)),
    ...forwarded,
  ];
  if (context.traceparent !== null) headers.push('traceparent', context.traceparent);
  const { sign } = target.endpoint;
  if (sign !== undefined) headers.push(...sign({ url: target.url, headers, forwarded, body }));
  return headers;
}
