import type { Socket } from 'node:net';
import { randomId } from '../shared/random-id.ts';
import { HttpProblem } from './problem.ts';

const PROBLEMS: ReadonlyMap<string | undefined, readonly [number, string, string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large', 'The headers are too large.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout', 'The request did not arrive in time.']],
] as const);

/** Answers what never became a request: Node's parser gave up on it, so that no hook or handler will run. */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  // The client has left, or is in the middle of an answer that this text would corrupt.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy(error);
    return;
  }
  const [status, reason, message] = PROBLEMS.get(error.code) ?? [400, 'Bad Request', 'This is not HTTP.'];
  const { body } = new HttpProblem(status, message);
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${body.length}`,
    `x-request-id: ${randomId()}`,
    `x-trace-id: ${randomId()}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
