import type { ApolloServerPlugin } from '@apollo/server';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { OperationDefinitionNode } from 'graphql';
import type { TraceContext } from '../telemetry/trace-context.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { knownMethod } from './known-method.ts';
import type { RequestContext } from './request-context.ts';

/** Spans of requests, for the listener. Composed only when tracing is configured. */
export interface RequestTracing {
  begin(request: FastifyRequest): TraceContext;
  end(request: FastifyRequest, status: number): void;
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span */
export function traceRequests(tracing: Tracing): RequestTracing {
  return {
    begin(request) {
      const { traceparent } = request.headers;
      return tracing.start('request', {
        kind: SpanKind.SERVER,
        parent: typeof traceparent === 'string' ? traceparent : undefined,
        attributes: {
          'http.request.method': knownMethod(request.method),
          'url.path': request.url.split('?', 1)[0] ?? '',
          'url.scheme': 'http',
          'server.address': request.hostname,
          'weir.request.id': request.id,
        },
      });
    },
    end({ trace: { span } }, status) {
      if (span === undefined) return;
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) {
        span.setAttribute('error.type', String(status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}

/** A name is the client's text: only a short plain one may become an attribute that backends index. */
const PLAIN_NAME = /^[_A-Za-z]\w{0,63}$/;

/** Says on a request's span which operation it is for. */
export function nameOperation({ span }: TraceContext, { operation, name }: OperationDefinitionNode): void {
  span?.setAttribute('graphql.operation.type', operation);
  if (name !== undefined && PLAIN_NAME.test(name.value))
    span?.setAttribute('graphql.operation.name', name.value);
}

/** Says on a request's span which operation it was for. A batch is described by its last operation. */
export function tracingPlugin(): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart({ contextValue: { trace } }) {
      return {
        async didResolveOperation({ operation }) {
          if (operation !== undefined) nameOperation(trace, operation);
        },
        async willSendResponse({ response: { body } }) {
          const errors = body.kind === 'single' ? body.singleResult.errors : undefined;
          const code = errors?.[0]?.extensions?.['code'];
          if (typeof code === 'string') trace.span?.setAttribute('error.type', code);
        },
      };
    },
  };
}
