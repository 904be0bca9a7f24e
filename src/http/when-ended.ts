import type { FastifyReply } from 'fastify';

/** What proxies log for a client that left before its answer; it is never sent. */
export const CLIENT_LEFT = 499;

/**
 * Calls back once, with the status; at once where the client has left already. Fastify has no hook for the end of
 * a request whose client has left after sending it.
 */
export function whenEnded(reply: FastifyReply, callback: (status: number) => void): void {
  const { raw, request } = reply;
  const { socket } = request.raw;
  const leave = (): void => end(CLIENT_LEFT);
  let isOver = false;
  const end = (status: number): void => {
    if (isOver) return;
    isOver = true;
    if (isBehind) socket.off('close', leave);
    callback(status);
  };
  // Behind other answers of its connection it has no socket yet, and Node tells it nothing of the end of that one.
  const isBehind = raw.socket === null && !raw.closed;
  if (isBehind) {
    // Of pipelined requests there may be many.
    socket.setMaxListeners(0);
    socket.on('close', leave);
  }
  // `once` would cost each request two more functions, and what `isOver` does.
  // Also of what is cut off, if what is not sent was handed over.
  raw.on('finish', () => end(raw.destroyed ? CLIENT_LEFT : reply.statusCode));
  raw.on('close', leave);
  // An event that has passed does not come again.
  if (raw.closed) end(raw.writableFinished ? reply.statusCode : CLIENT_LEFT);
  else if (isBehind && socket.destroyed) leave();
}
