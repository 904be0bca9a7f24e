import { Buffer } from 'node:buffer';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { inflateBody } from '../../shared/inflate.ts';
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
    const handler = new ReplyHandler({ request, target, timeoutMs, resolve, reject, again: dispatch });
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

interface HandlerOptions {
  readonly request: SubgraphRequest;
  readonly target: Target;
  readonly timeoutMs: number;
  readonly resolve: (reply: SubgraphReply) => void;
  readonly reject: (error: GatewayError) => void;
  /** Sends the request once more. */
  readonly again: () => void;
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
  #mayRepeat: boolean;

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#mayRepeat = options.request.operationKind === 'query';
    // Node cuts parts of milliseconds off, and counts from when its loop last looked at the clock: without one
    // more the timer could fire before the deadline it stands for.
    const delayMs = Math.ceil(options.timeoutMs) + 1;
    this.#timer = setTimeout(() => this.#fail(timeout(options.request)), delayMs);
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
    const { maxResponseBytes } = this.#options.target.endpoint;
    if (Number(headers['content-length']) > maxResponseBytes) this.#fail(tooLarge(this.#options));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#options.target.endpoint.maxResponseBytes) this.#fail(tooLarge(this.#options));
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
    inflateBody(body, this.#encoding, this.#options.target.endpoint.maxResponseBytes).then(
      inflated => this.#succeed(inflated),
      (cause: unknown) => this.#fail(badResponse(this.#options.request, cause)),
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { request, target, again } = this.#options;
    if (this.#mayRepeat && this.#status === 0 && !this.#settled && target.stale.has(error)) {
      this.#mayRepeat = false;
      again();
      return;
    }
    this.#fail(isMalformed(error) ? badResponse(request, error) : unavailable(request, error));
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

/** Whether the subgraph's bytes are no HTTP, rather than missing. */
function isMalformed({ name, code }: NodeJS.ErrnoException): boolean {
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return true;
  return name === 'HTTPParserError' && code !== 'HPE_INVALID_EOF_STATE';
}

function badResponse({ subgraph }: SubgraphRequest, cause: unknown): GatewayError {
  return new GatewayError('SUBGRAPH_BAD_RESPONSE', { extensions: { subgraph }, cause });
}

function tooLarge({ request: { subgraph }, target }: HandlerOptions): GatewayError {
  return new GatewayError('SUBGRAPH_BAD_RESPONSE', {
    message: `The subgraph's answer is larger than the ${target.endpoint.maxResponseBytes} bytes it may have.`,
    extensions: { subgraph },
  });
}
