import { type ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '../errors.ts';
import type { Clock } from '../shared/clock.ts';
import { nestsDeeperThan } from '../shared/nesting.ts';
import { PREPARED_BODY } from './apollo-server.ts';
import { isCrossSiteRisk } from './cross-site.ts';
import { chooseMediaType } from './media-type.ts';
import { HttpProblem } from './problem.ts';
import { credentialsOf, type RequestContext } from './request-context.ts';
import { type SendOptions, sendAnswer, sendBody } from './send.ts';

export interface GraphqlRouteOptions extends SendOptions {
  readonly path: string;
  readonly server: ApolloServer<RequestContext>;
  readonly maxNesting: number;
  /** Operations in one request; null: no batching. */
  readonly maxBatch: number | null;
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
    // A HEAD would run the operation to throw its answer away.
    exposeHeadRoute: false,
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
  const context = contextOf(request, options.clock);
  const { body } = request;
  if (Array.isArray(body)) return sendBatch(reply, context, { ...options, operations: body });
  guardNesting(body, searchOf(request), options.maxNesting);
  const response = await run(request, context, { ...options, body });
  return sendAnswer(reply, response, { ...options, answer: context.progress.answer });
}

function contextOf(request: FastifyRequest, clock: Clock): RequestContext {
  const { headers } = request;
  const mediaType = chooseMediaType(headers.accept);
  if (mediaType === null) {
    throw new HttpProblem(
      406,
      'Accept application/graphql-response+json or application/json: this endpoint answers with nothing else.',
      'NOT_ACCEPTABLE',
    );
  }
  return {
    id: request.id,
    trace: request.trace,
    mediaType,
    headers,
    credentials: credentialsOf(headers),
    receivedAt: clock.elapsed(),
    progress: { operation: null, answer: null },
  };
}

interface RunOptions {
  readonly server: ApolloServer<RequestContext>;
  /** Of one operation: an element of a batch, or the request's own. */
  readonly body: unknown;
}

async function run(
  request: FastifyRequest,
  context: RequestContext,
  { server, body }: RunOptions,
): Promise<HTTPGraphQLResponse> {
  return server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: request.method,
      headers: headerMap(request),
      search: searchOf(request),
      body,
    },
    context: () => Promise.resolve(context),
  });
}

/** JSON was checked when it was read; a document is text inside it, or inside the URL. */
function guardNesting(body: unknown, search: string, maxNesting: number): void {
  const texts =
    search === ''
      ? [(body as { query?: unknown } | null | undefined)?.query]
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

/** Of a GET: operations of a POST are in its body. */
function searchOf({ method, url }: FastifyRequest): string {
  const start = method === 'GET' ? url.indexOf('?') : -1;
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

async function sendBatch(
  reply: FastifyReply,
  context: RequestContext,
  options: GraphqlRouteOptions & { readonly operations: readonly unknown[] },
): Promise<FastifyReply> {
  const { maxBatch, operations } = options;
  if (maxBatch === null)
    throw new HttpProblem(400, 'Send one operation a request: batching is not enabled here.');
  if (operations.length === 0) throw new HttpProblem(400, 'The batch is empty.');
  if (operations.length > maxBatch) {
    throw new HttpProblem(400, `A batch may hold ${maxBatch} operations.`, 'DOCUMENT_LIMIT_EXCEEDED');
  }
  // Before any of them runs: a refusal must not come after a mutation.
  for (const body of operations) guardNesting(body, '', options.maxNesting);
  const answers = await Promise.all(
    operations.map(async body => {
      const own: RequestContext = { ...context, progress: { operation: null, answer: null } };
      const { body: answered } = await run(reply.request, own, { ...options, body });
      if (answered.kind !== 'complete') throw new TypeError('incremental delivery is not supported');
      return answered.string === PREPARED_BODY ? `{"data":${own.progress.answer?.data}}` : answered.string;
    }),
  );
  reply.header('content-type', 'application/json; charset=utf-8');
  return sendBody(reply, `[${answers.join(',')}]`, options);
}
