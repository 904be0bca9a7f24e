import { Buffer } from 'node:buffer';
import { type Dispatcher, Pool } from 'undici';
import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { inflateBody } from '../../shared/inflate.ts';
import type { SubgraphFetch, SubgraphReply, SubgraphRequest } from './subgraph-fetch.ts';

/** Where a subgraph is and how much it may take. */
export interface SubgraphEndpoint {
  readonly url: string;
  /** Longest time from asking to the last byte, ms. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Open connections to its origin. */
  readonly connections: number;
}

export interface Transport {
  readonly fetch: SubgraphFetch;
  close(): Promise<void>;
}

/** HTTP to subgraphs: one connection pool for each origin. */
export function createTransport(endpoints: ReadonlyMap<string, SubgraphEndpoint>, clock: Clock): Transport {
  const pools = new Map<string, Pool>();
  const targets = new Map<string, { endpoint: SubgraphEndpoint; pool: Pool; path: string }>();
  for (const [name, endpoint] of endpoints) {
    const url = new URL(endpoint.url);
    const pool =
      pools.get(url.origin) ?? new Pool(url.origin, { connections: endpoint.connections, pipelining: 1 });
    pools.set(url.origin, pool);
    targets.set(name, { endpoint, pool, path: url.pathname + url.search });
  }
  return {
    fetch(request) {
      const target = targets.get(request.subgraph);
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
  readonly pool: Pool;
  readonly path: string;
}

function post(request: SubgraphRequest, target: Target, clock: Clock): Promise<SubgraphReply> {
  return new Promise((resolve, reject) => {
    const timeoutMs = Math.min(target.endpoint.timeoutMs, request.context.deadlineAt - clock.elapsed());
    if (timeoutMs <= 0) {
      reject(timeout(request));
      return;
    }
    const handler = new ReplyHandler({
      request,
      maxBytes: target.endpoint.maxResponseBytes,
      timeoutMs,
      resolve,
      reject,
    });
    target.pool.dispatch(
      { method: 'POST', path: target.path, headers: headersOf(request, timeoutMs), body: request.body },
      handler,
    );
  });
}

function headersOf({ context }: SubgraphRequest, timeoutMs: number): string[] {
  const headers = [
    'content-type',
    'application/json',
    'accept',
    'application/graphql-response+json, application/json;q=0.9',
    'x-request-id',
    context.requestId,
    'x-deadline-ms',
    String(Math.ceil(timeoutMs)),
  ];
  if (context.traceparent !== null) headers.push('traceparent', context.traceparent);
  return headers;
}

interface HandlerOptions {
  readonly request: SubgraphRequest;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly resolve: (reply: SubgraphReply) => void;
  readonly reject: (error: GatewayError) => void;
}

/** Collects one reply within its bounds. Written on undici's dispatch, as streams and fetch cost several times more. */
class ReplyHandler implements Dispatcher.DispatchHandler {
  readonly #options: HandlerOptions;
  readonly #chunks: Buffer[] = [];
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #bytes = 0;
  #status = 0;
  #encoding = '';
  #settled = false;

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.#fail(timeout(options.request)), options.timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Its time ran out while it waited for a connection.
    if (this.#settled) controller.abort(new Error('given up'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#encoding = String(headers['content-encoding'] ?? '');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#options.maxBytes) this.#fail(tooLarge(this.#options));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    const body =
      this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#bytes);
    if (this.#encoding === '' || this.#encoding === 'identity') {
      this.#succeed(body);
      return;
    }
    inflateBody(body, this.#encoding, this.#options.maxBytes).then(
      inflated => this.#succeed(inflated),
      (cause: unknown) => this.#fail(badEncoding(this.#options.request, cause)),
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(unavailable(this.#options.request, error));
  }

  #succeed(body: Buffer): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#options.resolve({ status: this.#status, body: body.toString('utf8') });
  }

  #fail(error: GatewayError): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#chunks.length = 0;
    this.#controller?.abort(error);
    this.#options.reject(error);
  }
}

function timeout({ subgraph }: SubgraphRequest): GatewayError {
  return new GatewayError('SUBGRAPH_TIMEOUT', { extensions: { subgraph } });
}

function unavailable({ subgraph }: SubgraphRequest, cause: unknown): GatewayError {
  return new GatewayError('SUBGRAPH_UNAVAILABLE', { extensions: { subgraph }, cause });
}

function badEncoding({ subgraph }: SubgraphRequest, cause: unknown): GatewayError {
  return new GatewayError('SUBGRAPH_BAD_RESPONSE', { extensions: { subgraph }, cause });
}

function tooLarge({ request: { subgraph }, maxBytes }: HandlerOptions): GatewayError {
  return new GatewayError('SUBGRAPH_BAD_RESPONSE', {
    message: `The subgraph's answer is larger than the ${maxBytes} bytes it may have.`,
    extensions: { subgraph },
  });
}
