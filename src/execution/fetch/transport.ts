import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { type Connections, openConnections, type SubgraphTls } from './connections.ts';
import type { OutgoingRequest } from './http2-exchange.ts';
import { ReplyHandler, timeout, unavailable } from './reply-handler.ts';
import type { Signer } from './sign/signer.ts';
import {
  cancellationOf,
  type SubgraphFetch,
  type SubgraphReply,
  type SubgraphRequest,
} from './subgraph-fetch.ts';

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
  /** Absent: the CAs that Node trusts. */
  readonly tls?: SubgraphTls | undefined;
  /** Offered to https URLs. */
  readonly http2?: boolean | undefined;
}

export interface Transport {
  readonly fetch: SubgraphFetch;
  close(): Promise<void>;
}

/** HTTP to subgraphs: one connection pool for each origin and way to connect to it. */
export function createTransport(endpoints: ReadonlyMap<string, SubgraphEndpoint>, clock: Clock): Transport {
  const pools = new Map<string, Connections>();
  const targets = new Map<string, Target>();
  const stale = new WeakSet<Error>();
  for (const [name, endpoint] of endpoints) {
    const url = new URL(endpoint.url);
    const { tls, http2 = false } = endpoint;
    const key = JSON.stringify([url.origin, http2, tls?.id]);
    const pool = pools.get(key) ?? openConnections(url.origin, { ...endpoint, stale });
    pools.set(key, pool);
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
  readonly pool: Connections;
  readonly path: string;
  /** Errors of connections that had served a request before. */
  readonly stale: WeakSet<Error>;
}

function post(request: SubgraphRequest, target: Target, clock: Clock): Promise<SubgraphReply> {
  return new Promise((resolve, reject) => {
    if (cancellationOf(request)?.isCancelled === true) {
      reject(new GatewayError('REQUEST_CANCELLED'));
      return;
    }
    const timeoutMs = Math.min(target.endpoint.timeoutMs, request.context.deadlineAt - clock.elapsed());
    if (timeoutMs <= 0) {
      reject(timeout(request));
      return;
    }
    const dispatch = (): void => {
      // Made anew for each time it is sent: no two requests may have one signature.
      target.pool.dispatch(outgoing(request, target, timeoutMs), handler);
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
    cancellationOf(request)?.onCancel(() => handler.giveUp());
    dispatch();
  });
}

function outgoing(request: SubgraphRequest, target: Target, timeoutMs: number): OutgoingRequest {
  const { context, body, subgraph, path } = request;
  const forwarded = context.forwarded.headersFor(subgraph);
  const own = ['x-request-id', context.requestId, 'x-deadline-ms', String(Math.ceil(timeoutMs))];
  if (path !== undefined) return { method: 'GET', path, headers: [...own, ...forwarded], body: null };
  const headers = [...GRAPHQL_HEADERS, ...own, ...forwarded];
  if (context.traceparent !== null) headers.push('traceparent', context.traceparent);
  const { sign } = target.endpoint;
  if (sign !== undefined) headers.push(...sign({ url: target.url, headers, forwarded, body }));
  return { method: 'POST', path: target.path, headers, body };
}

const GRAPHQL_HEADERS = [
  'content-type',
  'application/json',
  'accept',
  'application/graphql-response+json, application/json;q=0.9',
] as const;
