import Fastify, { type FastifyInstance } from 'fastify';
import type { ServerConfig } from '../config/server.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { chooseRequestId } from './graphql-route.ts';
import { registerHealth } from './health.ts';
import { HttpProblem } from './problem.ts';
import { tooLarge } from './read-body.ts';

/** How long an idle connection is kept. Longer than the usual load balancer, so that it is the one to close. */
const KEEP_ALIVE_MS = 65_000;

const MAX_HEADER_MS = 10_000;

interface ListenerOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly isReady: () => boolean;
}

/** A Fastify instance with the bounds of a public listener and errors in GraphQL's form. */
export function createListener(config: ServerConfig, options: ListenerOptions): FastifyInstance {
  const { logger } = options;
  const app = Fastify({
    logger: false,
    bodyLimit: config.bodyLimit,
    requestTimeout: config.requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_MS,
    genReqId: request => chooseRequestId(request.headers['x-request-id']),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: { headersTimeout: MAX_HEADER_MS, maxHeaderSize: 16 * 1024 },
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    if (!options.isReady()) reply.header('connection', 'close');
    options.metrics.requestStarted();
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    options.metrics.requestEnded();
    options.metrics.request(request.method, reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
  registerHealth(app, options.isReady);
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const problem = problemOf(error, config.bodyLimit);
    if (problem.status >= 500) logger.error({ err: error, requestId: request.id }, 'request failed');
    return reply
      .code(problem.status)
      .header('content-type', 'application/json; charset=utf-8')
      .send(problem.body);
  });
  app.setNotFoundHandler((request, reply) => {
    const problem = new HttpProblem(
      404,
      `There is nothing at ${request.method} ${request.url.split('?')[0]}.`,
      'NOT_FOUND',
    );
    return reply.code(404).header('content-type', 'application/json; charset=utf-8').send(problem.body);
  });
  return app;
}

function problemOf(error: Error & { statusCode?: number; code?: string }, bodyLimit: number): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(bodyLimit);
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new HttpProblem(415, 'Send the request as application/json.');
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new HttpProblem(error.statusCode, 'The request is not valid HTTP for this endpoint.');
  }
  return new HttpProblem(500, 'Internal server error.', 'INTERNAL_SERVER_ERROR');
}
