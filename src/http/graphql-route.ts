import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Persona } from '../config/resolve-personas.ts';
import { GatewayError } from '../errors.ts';
import type { Clock } from '../shared/clock.ts';
import { addAnswerHeaders } from './answer-headers.ts';
import { PREPARED_BODY } from './apollo-server.ts';
import type { Audience, Visit } from './audience.ts';
import type { AuditRefusals } from './audit.ts';
import { sendBatch } from './batch.ts';
import { isCrossSiteRisk } from './cross-site.ts';
import type { Departures } from './departures.ts';
import { releaseEntering } from './enter-operation.ts';
import { guardNesting, searchOf } from './guard-nesting.ts';
import { chooseMediaType } from './media-type.ts';
import { type PreparedRequest, prepareRequest } from './operation-request.ts';
import { HttpProblem } from './problem.ts';
import { parseBody } from './read-body.ts';
import { noProgress, type RequestContext } from './request-context.ts';
import { runOperation } from './run-operation.ts';
import { type RouteResponse, type SendOptions, sendAnswer } from './send.ts';
import type { SharedCaching } from './shared-cache.ts';

export interface GraphqlRouteOptions extends SendOptions {
  readonly path: string;
  /** Who is asking, and what serves them. @throws GatewayError */
  readonly admit: (request: FastifyRequest) => Visit | Promise<Visit>;
  readonly maxNesting: number;
  readonly clock: Clock;
  readonly auditRefusals: AuditRefusals;
  readonly sharedCaching: SharedCaching;
  readonly departures: Departures;
  /** Refuses visits while there is too much to do; null: none is. */
  readonly shed: ((serve: Serve) => Serve) | null;
}

/** Answers a request of which is known who makes it. */
export type Serve = (reply: FastifyReply, visit: Visit) => Promise<FastifyReply>;

/**
 * GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/) on Fastify. A thin route instead of
 * a stock integration: prepared bytes go out without passing through a string, and batches are bounded.
 */
export function registerGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): void {
  const { path, shed } = options;
  const serveAll: Serve = (reply, visit) => serve(reply, visit, options);
  const answer = shed === null ? serveAll : shed(serveAll);
  for (const url of [path, `${path.replace(/\/$/, '')}/:documentId`]) {
    app.route({
      method: ['GET', 'POST'],
      url,
      // A HEAD would run the operation to throw its answer away.
      exposeHeadRoute: false,
      handler({ params }, reply) {
        // The endpoint with a slash after it: no document has an empty id.
        if ((params as DocumentParams).documentId === '') return reply.callNotFound();
        return handle(reply, options.admit, answer);
      },
    });
  }
}

interface DocumentParams {
  readonly documentId?: string;
}

async function handle(
  reply: FastifyReply,
  admit: GraphqlRouteOptions['admit'],
  answer: Serve,
): Promise<FastifyReply> {
  const { request } = reply;
  const isRisky = isCrossSiteRisk(request.headers);
  if (request.method === 'GET' && isRisky) throw new GatewayError('REQUEST_FORBIDDEN');
  const admitted = admit(request);
  const visit = admitted instanceof Promise ? await admitted : admitted;
  if (visit.fromCookie && isRisky) throw new GatewayError('REQUEST_FORBIDDEN');
  return answer(reply, visit);
}

async function serve(reply: FastifyReply, visit: Visit, options: GraphqlRouteOptions): Promise<FastifyReply> {
  const { request } = reply;
  const context = contextOf(request, visit, options.clock);
  const { audience } = visit;
  const familiar = audience.familiar === null ? null : await audience.familiar.serve(context);
  if (familiar !== null) return send({ reply, context }, familiar, options);
  const body = parseBody(request, options.maxNesting);
  if (Array.isArray(body)) return sendBatch(reply, { ...options, context, operations: body, audience });
  const response = await runSettled(request, { context, audience, body }, options);
  return send({ reply, context }, response, options);
}

interface Answering {
  readonly reply: FastifyReply;
  readonly context: RequestContext;
}

async function send(
  { reply, context }: Answering,
  response: RouteResponse,
  options: GraphqlRouteOptions,
): Promise<FastifyReply> {
  const { mediaType, progress } = context;
  const { answer, answerHeaders, hasFallbacks, cacheState } = progress;
  const { headers } = response;
  const isWhole = answer !== null && !hasFallbacks && isSound(response);
  options.sharedCaching(reply, context, { isSound: isWhole, headers });
  if (answerHeaders !== null) addAnswerHeaders(reply, answerHeaders.lines, headers);
  // Named one by one: to copy all options costs each request a microsecond or two.
  const { minCompressedBytes, isStopping, departures } = options;
  const departing = departures.wait(answer?.bytes.length ?? 0);
  if (departing !== null) await departing;
  // One that says how stale it is says something else a second later.
  const kept = cacheState === 'STALE' ? null : progress.kept;
  return sendAnswer(reply, response, { minCompressedBytes, isStopping, answer, kept, mediaType });
}

interface Visited {
  readonly context: RequestContext;
  readonly audience: Audience;
  readonly body: unknown;
}

/** What is familiar is let in first; that it then cannot be run, as a new schema has no place for it, costs nothing. */
async function runSettled(
  request: FastifyRequest,
  visited: Visited,
  options: GraphqlRouteOptions,
): Promise<RouteResponse> {
  try {
    return await runPrepared(request, visited, options);
  } finally {
    if (visited.context.progress.entering !== null) await releaseEntering(visited.context);
  }
}

async function runPrepared(
  request: FastifyRequest,
  { context, audience, body: sent }: Visited,
  options: GraphqlRouteOptions,
): Promise<RouteResponse> {
  const { progress } = context;
  const { document } = progress;
  // What is familiar may be done already, whether or not its text is still known by its hash.
  const documents = document === null ? audience : { chooseDocument: () => document };
  const prepared = options.auditRefusals(context, () => prepare(request, { body: sent, documents }, options));
  progress.document = prepared.document;
  const { body, search } = prepared.request;
  const isNew = progress.entering === null && audience.familiar !== null;
  const served = isNew ? await audience.familiar.serveDocument(context, body) : null;
  return served ?? runOperation(request, context, { body, search, audience });
}

/** What decides about the operation, in one text, which says as well which way it came; null: more decides than that. */
function textOf(request: FastifyRequest, { documents }: Persona): string | null {
  const { method, params, headers, bodyText } = request;
  if ((params as DocumentParams).documentId !== undefined) return null;
  // Those that no manifest has are told of when there is room in the log: whoever looks for them must see all.
  if (documents.mode === 'log-unknown') return null;
  // Apollo Server has words for a GET that names the type of a body.
  if (method === 'GET') return headers['content-type'] === undefined ? searchOf(request) : null;
  // As the search of a GET does, and nothing that is JSON.
  return bodyText?.startsWith('?') ? null : bodyText;
}

function prepare(
  request: FastifyRequest,
  { body, documents }: { readonly body: unknown; readonly documents: Pick<Audience, 'chooseDocument'> },
  { maxNesting }: GraphqlRouteOptions,
): PreparedRequest {
  const search = searchOf(request);
  guardNesting(body, search, maxNesting);
  const { documentId = null } = request.params as DocumentParams;
  return prepareRequest({ body, search }, documents, documentId);
}

function contextOf(
  request: FastifyRequest,
  { caller, audience, clientAddress }: Visit,
  clock: Clock,
): RequestContext {
  const { id, trace, left, headers } = request;
  const mediaType = chooseMediaType(headers.accept);
  if (mediaType === null) {
    throw new HttpProblem(
      406,
      'Accept application/graphql-response+json or application/json: this endpoint answers with nothing else.',
      { code: 'NOT_ACCEPTABLE' },
    );
  }
  return {
    id,
    trace,
    mediaType,
    headers,
    caller,
    clientAddress,
    persona: audience.persona,
    text: textOf(request, audience.persona),
    left,
    receivedAt: clock.elapsed(),
    progress: noProgress(),
  };
}

/** Whether an answer has data and no errors: its bytes stand for it then. */
function isSound({ body, status }: RouteResponse): boolean {
  return body.kind === 'complete' && body.string === PREPARED_BODY && (status ?? 200) === 200;
}
