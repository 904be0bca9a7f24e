import type { FastifyReply } from 'fastify';
import type { KeptAnswer } from './kept-answer.ts';
import type { MediaType } from './media-type.ts';

/**
 * Sets the strong validator of what is kept (RFC 9110, 8.8.3), which its media type and coding are part of: a cache on the
 * way that has several forms goes by it. So a form that this client may not read is no match.
 * @returns whether the client has it already, so that 304 says all (13.1.2)
 */
export function validate(reply: FastifyReply, { hash }: KeptAnswer, mediaType: MediaType): boolean {
  const { method, headers } = reply.request;
  const coding = reply.getHeader('content-encoding');
  const plain = mediaType === 'application/json' ? hash : `${hash}-response`;
  const etag = coding === undefined ? `"${plain}"` : `"${plain}-${coding}"`;
  reply.header('etag', etag);
  const wanted = headers['if-none-match'];
  if (method !== 'GET' || wanted === undefined) return false;
  const known = wanted.split(',').map(tag => tag.trim().replace(/^W\//, ''));
  if (known.includes('*') || known.includes(etag)) return true;
  if (!known.includes(`"${plain}"`)) return false;
  // Whoever takes it compressed takes it as it is, too; it is that form that is still right.
  reply.header('etag', `"${plain}"`);
  return true;
}
