import type { FastifyReply } from 'fastify';
import { chooseMediaType, contentTypeOf } from './media-type.ts';
import type { HttpProblem } from './problem.ts';

/** Answers with a GraphQL response that has one error and no data. */
export function sendProblem(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  const mediaType = chooseMediaType(reply.request.headers.accept) ?? 'application/json';
  for (const [name, value] of problem.headers) reply.header(name, value);
  // Caches may keep a 404 or a 405 that says nothing about it.
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  return reply.code(problem.status).header('content-type', contentTypeOf(mediaType)).send(problem.body);
}
