import type { FastifyReply } from 'fastify';

/** What proxies log for a client that left before its answer; it is never sent. */
export const CLIENT_LEFT = 499;

/**
 * Calls back once, with the status; at once where the client has left already. Fastify has no hook for the end of
 * a request whose client has left after sending it.
 */
export function whenEnded(reply: FastifyReply, callback: (status: number) => void): void {
  const { raw } = reply;
  let isOver = false;
  const end = (status: number): void => {
    if (!isOver) callback(status);
    isOver = true;
  };
  // `once` would cost each request two more functions, and what `isOver` does.
  raw.on('finish', () => end(reply.statusCode));
  raw.on('close', () => end(CLIENT_LEFT));
  // An event that has passed does not come again.
  if (raw.closed) end(raw.writableFinished ? reply.statusCode : CLIENT_LEFT);
}
