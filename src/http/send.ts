import { Buffer } from 'node:buffer';
import type { HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyReply } from 'fastify';
import { chooseCoding } from './accept-encoding.ts';
import { type Answer, encodeBody } from './answer.ts';
import { PREPARED_BODY } from './apollo-server.ts';
import type { KeptAnswer } from './kept-answer.ts';
import type { MediaType } from './media-type.ts';
import { validate } from './validators.ts';

export interface SendOptions {
  /** Bodies below this many bytes are not compressed. */
  readonly minCompressedBytes: number;
  readonly isStopping: () => boolean;
}

/** As Apollo Server makes it, and whoever does without. */
export interface RouteResponse extends Pick<HTTPGraphQLResponse, 'status' | 'body'> {
  /** Names in lower case. */
  readonly headers: Map<string, string>;
}

interface AnswerOptions extends SendOptions {
  readonly answer: Answer | null;
  /** Whose bytes the answer's are; null: it is not kept as it is. */
  readonly kept: KeptAnswer | null;
  readonly mediaType: MediaType;
}

/** Sends what Apollo Server made of a request, at once where a prepared answer goes out as the bytes it has. */
export function sendAnswer(
  reply: FastifyReply,
  response: RouteResponse,
  options: AnswerOptions,
): FastifyReply | Promise<FastifyReply> {
  const { body } = response;
  if (body.kind !== 'complete') throw new TypeError('incremental delivery is not supported');
  reply.code(response.status ?? 200);
  for (const [name, value] of response.headers) reply.header(name, value);
  if (body.string !== PREPARED_BODY || options.answer === null) return sendBody(reply, body.string, options);
  const coding = codingOf(reply, options.answer.bytes.length, options);
  if (options.kept !== null && validate(reply, options.kept, options.mediaType)) {
    reply.removeHeader('content-encoding');
    return reply.code(304).removeHeader('content-type').send();
  }
  if (coding === null) return reply.send(options.answer.bytes);
  return options.answer.encoded(coding).then(encoded => reply.send(encoded));
}

export async function sendBody(
  reply: FastifyReply,
  text: string,
  options: SendOptions,
): Promise<FastifyReply> {
  const body = Buffer.from(text);
  const coding = codingOf(reply, body.length, options);
  return reply.send(coding === null ? body : await encodeBody(body, coding));
}

/** Sets the headers that go with the coding. */
function codingOf(reply: FastifyReply, bytes: number, options: SendOptions): ReturnType<typeof chooseCoding> {
  // A request that was in flight when the end began must not leave its connection open for another.
  if (options.isStopping()) reply.header('connection', 'close');
  if (bytes < options.minCompressedBytes) return null;
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? 'accept-encoding' : `${vary}, accept-encoding`);
  const coding = chooseCoding(reply.request.headers['accept-encoding']);
  if (coding !== null) reply.header('content-encoding', coding);
  return coding;
}
