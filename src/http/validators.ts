import type { FastifyReply } from 'fastify';
import type { KeptAnswer } from './kept-answer.ts';

/**
 * Sets the strong validator of what is kept (RFC 9110, 8.8.3), which a coding is part of.
 * @returns whether the client has it already, so that 304 says all (13.1.2)
 */
export function validate(reply: FastifyReply, { hash }: KeptAnswer): boolean {
  const { method, headers } = reply.request;
  const coding = reply.getHeader('content-encoding');
  const etag = coding === undefined ? `"${hash}"` : `"${hash}-${coding}"`;
  reply.header('etag', etag);
  const wanted = headers['if-none-match'];
  if (method !== 'GET' || wanted === undefined) return false;
  // Any of its forms is the same answer: the weak comparison.
  return wanted.split(',').some(tag => tag.trim() === '*' || tag.includes(`"${hash}`));
}
