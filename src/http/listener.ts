import cors from '@fastify/cors';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ServerConfig } from '../config/server.ts';
import { Cancellation } from '../shared/cancellation.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type TraceContext, traceContextOf } from '../telemetry/trace-context.ts';
import { boundConnections } from './bound-connections.ts';
import { answerBrokenHttp } from './broken-http.ts';
import { corsOptions } from './cors-options.ts';
import type { Departures } from './departures.ts';
import { boundDrain } from './drain.ts';
import { registerHealth } from './health.ts';
import { knownMethod } from './known-method.ts';
import { followTls, type ListenerTls, serverOptions } from './listener-tls.ts';
import { Pipelined } from './pipelined.ts';
import { HttpProblem, problemOf } from './problem.ts';
import { chooseRequestId } from './request-id.ts';
import { sendProblem } from './send-problem.ts';
import type { RequestTracing } from './trace-requests.ts';
import { UnreadAnswers } from './unread-answers.ts';
import { CLIENT_LEFT, whenEnded } from './when-ended.ts';

declare module 'fastify' {
  interface FastifyRequest {
    trace: TraceContext;
    /** When the client goes away before it has its answer. */
    left: Cancellation;
  }
}

/** How long an idle connection is kept. Longer than the usual load balancer, so that it is the one to close. */
const KEEP_ALIVE_MS = 65_000;

const MAX_HEADER_MS = 10_000;

/** Node looks for connections past their time only this often. */
const CHECK_MS = 1_000;

const MAX_HEADER_BYTES = 16 * 1024;

/** More than any id of a document: what is too long for one is told by who knows about ids. */
const MAX_PARAM_LENGTH = 1_024;

interface ListenerOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly departures: Departures;
  readonly isReady: () => boolean;
  readonly isStopping: () => boolean;
  readonly tracing: RequestTracing | null;
  /** Null: HTTP. */
  readonly tls: ListenerTls | null;
}

/** A Fastify instance with the bounds of a public listener and errors in GraphQL's form. */
export function createListener(config: ServerConfig, options: ListenerOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: config.bodyLimit,
    requestTimeout: config.requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_MS,
    genReqId: request => chooseRequestId(request.headers['x-request-id']),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: answerBrokenHttp,
    // No hook runs for a URL that cannot be decoded, so what they set is set here.
    frameworkErrors(error, request, reply) {
      reply.header('x-request-id', request.id);
      reply.header('x-trace-id', traceContextOf(request.headers.traceparent).traceId);
      sendProblem(reply, problemOf(error, config.bodyLimit));
    },
    ...serverOptions(options.tls, {
      headersTimeout: Math.min(MAX_HEADER_MS, config.requestTimeout),
      requestTimeout: config.requestTimeout,
      connectionsCheckingInterval: Math.min(CHECK_MS, config.requestTimeout),
      maxHeaderSize: MAX_HEADER_BYTES,
    }),
  });
  // Node drops what comes after some thousand, silently: perhaps the address that a proxy has added, or a credential.
  app.server.maxHeadersCount = 0;
  boundConnections(app, { ...options, maxConnections: config.maxConnections });
  followTls(app, options.tls, options.logger);
  const unread = new UnreadAnswers(config.responseTimeout);
  app.addHook('onClose', async () => unread.close());
  observeRequests(app, options, unread);
  boundDrain(app, config.shutdown.drain);
  if (config.cors !== undefined) app.register(cors, corsOptions(config.cors));
  registerHealth(app, options.isReady);
  app.setErrorHandler((error: Error, request, reply) => {
    const problem = problemOf(error, config.bodyLimit);
    if (problem.status >= 500) options.logger.error({ err: error, requestId: request.id }, 'request failed');
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (path === config.path || isDocument(path, config.path)) return refuseMethod(request, reply);
    return sendProblem(
      reply,
      new HttpProblem(404, `There is nothing at ${request.method} ${path}. GraphQL is at ${config.path}.`, {
        code: 'NOT_FOUND',
      }),
    );
  });
  return app;
}

function observeRequests(app: FastifyInstance, options: ListenerOptions, unread: UnreadAnswers): void {
  const { metrics, tracing, isStopping, departures } = options;
  const beginTrace =
    tracing === null
      ? (request: FastifyRequest) => traceContextOf(request.headers.traceparent)
      : (request: FastifyRequest) => tracing.begin(request);
  const pipelined = new Pipelined();
  app.decorateRequest('trace');
  app.decorateRequest('left');
  app.addHook('onRequest', (request, reply, done) => {
    request.trace = beginTrace(request);
    request.left = new Cancellation();
    reply.header('x-request-id', request.id);
    reply.header('x-trace-id', request.trace.traceId);
    if (isStopping()) reply.header('connection', 'close');
    metrics.requestStarted();
    departures.begun();
    const isRead = unread.begun(reply.raw);
    const { socket } = request.raw;
    // It has a connection to answer on once those before it have been answered.
    const isBehind = reply.raw.socket === null;
    if (isBehind) pipelined.begun(socket);
    whenEnded(reply, status => {
      if (isBehind) pipelined.ended(socket);
      if (status === CLIENT_LEFT) request.left.cancel();
      metrics.requestEnded();
      departures.ended();
      isRead();
      metrics.request(knownMethod(request.method), status, reply.elapsedTime / 1_000);
      tracing?.end(request, status);
    });
    done();
  });
}

/** Whether a path is that of the endpoint with the id of a document. */
function isDocument(path: string, endpoint: string): boolean {
  if (!path.startsWith(`${endpoint}/`)) return false;
  const id = path.slice(endpoint.length + 1);
  return id !== '' && !id.includes('/');
}

const ALLOWED = 'GET, POST, OPTIONS';

/** OPTIONS says what there is; without the headers of CORS a browser takes that for a no. */
function refuseMethod(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('allow', ALLOWED);
  if (request.method === 'OPTIONS') return reply.code(204).send();
  return sendProblem(
    reply,
    new HttpProblem(405, 'Send a GET or a POST request.', { code: 'METHOD_NOT_ALLOWED' }),
  );
}
