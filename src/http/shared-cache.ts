import type { FastifyReply } from 'fastify';
import type { RequestContext } from './request-context.ts';

/** What decides about a persona, a caller and the form of an answer. */
const VARIES_BY =
  'accept, authorization, x-api-key, cookie, graphql-client-name, graphql-client-version, apollographql-client-name, apollographql-client-version';

/**
 * Says whether shared caches may keep an answer: one to nobody in particular, of a registered document, by GET and
 * without errors. A persona without `response.maxAge` says nothing.
 */
export function setSharedCaching(reply: FastifyReply, context: RequestContext, isSound: boolean): void {
  const { maxAge } = context.persona.response;
  if (maxAge === null) return;
  const { document } = context.progress;
  const isPublic =
    isSound &&
    reply.request.method === 'GET' &&
    context.caller.kind === 'anonymous' &&
    document !== null &&
    document.id !== null;
  reply.header('cache-control', isPublic ? `public, max-age=${Math.floor(maxAge / 1_000)}` : 'no-store');
  if (isPublic) reply.header('vary', VARIES_BY);
}
