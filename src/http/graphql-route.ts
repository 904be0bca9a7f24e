import { Buffer } from 'node:buffer';
import { type ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '../errors.ts';
import type { Clock } from '../shared/clock.ts';
import { nestsDeeperThan } from '../shared/nesting.ts';
import { randomId } from '../shared/random-id.ts';
import { traceContextOf } from '../telemetry/trace-context.ts';
import { chooseCoding } from './accept-encoding.ts';
import { encodeBody } from './answer.ts';
import { PREPARED_BODY } from './apollo-server.ts';
import { isCrossSiteRisk } from './cross-site.ts';
import { HttpProblem } from './problem.ts';
import { credentialsOf, type RequestContext } from './request-context.ts';

export interface GraphqlRouteOptions {
  readonly path: string;
  readonly server: ApolloServer<RequestContext>;
  readonly maxNesting: number;
  /** Operations in one request; null: no batching. */
  readonly maxBatch: number | null;
  readonly minCompressedBytes: number;
  readonly clock: Clock;
}

/**
 * GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/) on Fastify. A thin route instead of
 * a stock integration: prepared bytes go out without passing through a string, and batches are bounded.
 */
export function registerGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): void {
  app.route({
    method: ['GET', 'POST'],
    url: options.path,
    handler: (request, reply) => handle(request, reply, options),
  });
}

async function handle(
  request: FastifyRequest,
  reply: FastifyReply,
  options: GraphqlRouteOptions,
): Promise<FastifyReply> {
  if (request.method === 'GET' && isCrossSiteRisk(request.headers)) {
    const { status, message, code } = new GatewayError('REQUEST_FORBIDDEN');
    throw new HttpProblem(status, message, code);
  }
  const { body } = request;
  if (Array.isArray(body)) return sendBatch(request, reply, { ...options, operations: body });
  const context = contextOf(request, options.clock);
  const response = await run(request, context, { ...options, body });
  return send(reply, response, { request, context, minBytes: options.minCompressedBytes });
}

const SAFE_ID = /^[\w.:-]{1,128}$/;

/** The client's id if it is fit for logs and headers, else one of ours. */
export function chooseRequestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && SAFE_ID.test(given) ? given : randomId();
}

function contextOf(request: FastifyRequest, clock: Clock): RequestContext {
  const { headers } = request;
  const { traceparent } = headers;
  return {
    id: request.id,
    trace: traceContextOf(typeof traceparent === 'string' ? traceparent : undefined),
    headers,
    credentials: credentialsOf(headers),
    receivedAt: clock.elapsed(),
    progress: { operation: null, answer: null },
  };
}

async function run(
  request: FastifyRequest,
  context: RequestContext,
  options: GraphqlRouteOptions & { readonly body: unknown },
): Promise<HTTPGraphQLResponse> {
  const search = request.method === 'GET' ? searchOf(request.url) : '';
  guardNesting(options.body, search, options.maxNesting);
  return options.server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: request.method, headers: headerMap(request), search, body: options.body },
    context: () => Promise.resolve(context),
  });
}

/** JSON was checked when it was read; a document is text inside it, or inside the URL. */
function guardNesting(body: unknown, search: string, maxNesting: number): void {
  const texts =
    search === ''
      ? [(body as { query?: unknown } | undefined)?.query]
      : [...new URLSearchParams(search).values()];
  for (const text of texts) {
    if (typeof text === 'string' && nestsDeeperThan(text, maxNesting)) {
      throw new HttpProblem(
        400,
        `The request nests deeper than ${maxNesting} levels.`,
        'DOCUMENT_LIMIT_EXCEEDED',
      );
    }
  }
}

function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}

function headerMap({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return map;
}

interface SendOptions {
  readonly request: FastifyRequest;
  readonly context: RequestContext;
  readonly minBytes: number;
}

async function send(
  reply: FastifyReply,
  response: HTTPGraphQLResponse,
  options: SendOptions,
): Promise<FastifyReply> {
  reply.code(response.status ?? 200);
  reply.header('x-trace-id', options.context.trace.traceId);
  for (const [name, value] of response.headers) reply.header(name, value);
  const { answer } = options.context.progress;
  if (response.body.kind !== 'complete') throw new TypeError('incremental delivery is not supported');
  const prepared = response.body.string === PREPARED_BODY && answer !== null ? answer : null;
  const body = prepared === null ? Buffer.from(response.body.string) : prepared.bytes;

  const coding =
    body.length < options.minBytes ? null : chooseCoding(options.request.headers['accept-encoding']);
  if (body.length >= options.minBytes) reply.header('vary', 'accept-encoding');
  if (coding === null) return reply.send(body);
  reply.header('content-encoding', coding);
  return reply.send(prepared === null ? await encodeBody(body, coding) : await prepared.encoded(coding));
}

async function sendBatch(
  request: FastifyRequest,
  reply: FastifyReply,
  options: GraphqlRouteOptions & { readonly operations: readonly unknown[] },
): Promise<FastifyReply> {
  const { maxBatch, operations } = options;
  if (maxBatch === null)
    throw new HttpProblem(400, 'Send one operation a request: batching is not enabled here.');
  if (operations.length === 0) throw new HttpProblem(400, 'The batch is empty.');
  if (operations.length > maxBatch) {
    throw new HttpProblem(400, `A batch may hold ${maxBatch} operations.`, 'DOCUMENT_LIMIT_EXCEEDED');
  }
  const answers = await Promise.all(
    operations.map(async body => {
      const context = contextOf(request, options.clock);
      const { body: answered } = await run(request, context, { ...options, body });
      if (answered.kind !== 'complete') throw new TypeError('incremental delivery is not supported');
      return answered.string === PREPARED_BODY
        ? `{"data":${context.progress.answer?.data}}`
        : answered.string;
    }),
  );
  return reply.header('content-type', 'application/json; charset=utf-8').send(`[${answers.join(',')}]`);
}
