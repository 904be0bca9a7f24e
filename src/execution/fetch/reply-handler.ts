import type { Buffer } from 'node:buffer';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../../errors.ts';
import { afterArrivals } from '../../shared/after-arrivals.ts';
import { BodyParts } from '../../shared/body-parts.ts';
import { inflateBody } from '../../shared/inflate.ts';
import { NO_HEADERS, type ReplyHeaders, type SubgraphReply, type SubgraphRequest } from './subgraph-fetch.ts';

export interface HandlerOptions {
  readonly request: SubgraphRequest;
  readonly maxResponseBytes: number;
  /** Errors of connections that had served a request before. */
  readonly stale: WeakSet<Error>;
  readonly timeoutMs: number;
  readonly resolve: (reply: SubgraphReply) => void;
  readonly reject: (error: GatewayError) => void;
  /** Sends the request once more. */
  readonly again: () => void;
}

/** Collects one reply within its bounds. Written on undici's dispatch, as streams and fetch cost several times more. */
export class ReplyHandler implements Dispatcher.DispatchHandler {
  readonly #options: HandlerOptions;
  readonly #parts = new BodyParts();
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: ReplyHeaders = NO_HEADERS;
  #settled = false;
  #mayRepeat: boolean;

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#mayRepeat = options.request.operationKind === 'query';
    // Node cuts parts of milliseconds off, and counts from when its loop last looked at the clock: without one
    // more the timer could fire before the deadline it stands for.
    const delayMs = Math.ceil(options.timeoutMs) + 1;
    this.#timer = setTimeout(() => afterArrivals(() => this.#fail(timeout(options.request))), delayMs);
  }

  /** Nobody waits for the reply any more. */
  giveUp(): void {
    this.#fail(new GatewayError('REQUEST_CANCELLED'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Its time ran out while it waited for a connection.
    if (this.#settled) controller.abort(new Error('given up'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ReplyHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const { maxResponseBytes } = this.#options;
    if (Number(headers['content-length']) > maxResponseBytes) this.#fail(tooLarge(this.#options));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#parts.add(chunk);
    if (this.#parts.bytes > this.#options.maxResponseBytes) this.#fail(tooLarge(this.#options));
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    const body = this.#parts.whole();
    const encoding = String(this.#headers['content-encoding'] ?? '');
    if (encoding === '' || encoding === 'identity') {
      this.#succeed(body);
      return;
    }
    inflateBody(body, encoding, this.#options.maxResponseBytes).then(
      inflated => this.#succeed(inflated),
      (cause: unknown) => this.#fail(badResponse(this.#options.request, cause)),
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { request, stale, again } = this.#options;
    if (this.#mayRepeat && this.#status === 0 && !this.#settled && stale.has(error)) {
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
    this.#options.resolve({ status: this.#status, headers: this.#headers, body });
  }

  #fail(error: GatewayError): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#parts.clear();
    this.#controller?.abort(error);
    this.#options.reject(error);
  }
}

export function timeout({ subgraph }: SubgraphRequest): GatewayError {
  return new GatewayError('SUBGRAPH_TIMEOUT', { extensions: { subgraph } });
}

export function unavailable({ subgraph }: SubgraphRequest, cause: unknown): GatewayError {
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

function tooLarge({ request: { subgraph }, maxResponseBytes }: HandlerOptions): GatewayError {
  return new GatewayError('SUBGRAPH_BAD_RESPONSE', {
    message: `The subgraph's answer is larger than the ${maxResponseBytes} bytes it may have.`,
    extensions: { subgraph },
  });
}
