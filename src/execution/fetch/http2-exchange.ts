import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Dispatcher } from 'undici';

/** A request as undici takes it. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Name, value, name, value … */
  readonly headers: string[];
  readonly body: string | null;
}

export interface Exchange {
  readonly request: OutgoingRequest;
  readonly handler: Dispatcher.DispatchHandler;
}

/** `refused`: the subgraph has not begun with it and never will (RFC 9113, section 8.7); the handler knows nothing. */
export type ExchangeEnd = 'answered' | 'refused' | 'aborted' | Error;

/** What a handler holds of its request. Replies are read as they come: what is not wanted is aborted. */
export class ExchangeController implements Dispatcher.DispatchController {
  readonly paused = false;
  aborted = false;
  reason: Error | null = null;
  stream: ClientHttp2Stream | null = null;

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.stream?.close(constants.NGHTTP2_CANCEL);
  }

  pause(): void {}

  resume(): void {}
}

/**
 * One request on a stream of its own.
 * @param onEnd is told before the handler is.
 */
export function sendOver(
  session: ClientHttp2Session,
  { request, handler }: Exchange,
  onEnd: (how: ExchangeEnd) => void,
): void {
  const controller = new ExchangeController();
  const fail = (error: Error): void => {
    onEnd(controller.aborted ? 'aborted' : error);
    handler.onResponseError?.(controller, error);
  };
  handler.onRequestStart?.(controller, null);
  if (controller.reason !== null) {
    fail(controller.reason);
    return;
  }
  let stream: ClientHttp2Stream;
  try {
    stream = session.request(headersOf(request));
  } catch (error) {
    // The announcement that it will be closed has come before anybody looked.
    if (session.closed) onEnd('refused');
    else fail(error as Error);
    return;
  }
  controller.stream = stream;
  let [hasBegun, isWhole] = [false, false];
  let failure: Error | null = null;
  stream.on('response', ({ ':status': status = 0, ...headers }) => {
    hasBegun = true;
    if (!controller.aborted) handler.onResponseStart?.(controller, status, headers);
  });
  stream.on('data', (chunk: Buffer) => {
    if (!controller.aborted) handler.onResponseData?.(controller, chunk);
  });
  stream.on('end', () => {
    isWhole = hasBegun;
  });
  stream.on('error', (error: Error) => {
    failure = error;
  });
  // Only now it is sure that the end was not that of a stream that was reset.
  stream.on('close', () => {
    const { rstCode } = stream;
    if (controller.reason !== null) fail(controller.reason);
    else if (rstCode === constants.NGHTTP2_REFUSED_STREAM && !hasBegun) onEnd('refused');
    else if (failure !== null) fail(failure);
    else if (!isWhole || rstCode !== constants.NGHTTP2_NO_ERROR) fail(closedWith(rstCode));
    else {
      onEnd('answered');
      handler.onResponseEnd?.(controller, {});
    }
  });
  stream.end(request.body ?? undefined);
}

function closedWith(code: number | undefined): Error {
  return new Error(`the stream was closed before the answer was complete (code ${code} of HTTP/2)`);
}

function headersOf({ method, path, headers, body }: OutgoingRequest): OutgoingHttpHeaders {
  const sent: OutgoingHttpHeaders = Object.create(null);
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? '').toLowerCase();
    const before = sent[name];
    sent[name] = before === undefined ? headers[index + 1] : `${before}, ${headers[index + 1]}`;
  }
  sent[':method'] = method;
  sent[':path'] = path;
  if (body !== null) sent['content-length'] = Buffer.byteLength(body);
  return sent;
}
