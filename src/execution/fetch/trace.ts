import { SpanKind } from '@opentelemetry/api';
import { GatewayError } from '../../errors.ts';
import { endFailed, type Tracing } from '../../telemetry/tracing.ts';
import type { SubgraphFetch } from './subgraph-fetch.ts';

interface TraceOptions {
  readonly tracing: Tracing;
  /** By subgraph. */
  readonly urls: ReadonlyMap<string, string>;
}

/**
 * A span around each request to a subgraph, whose context the subgraph gets as its parent. Composed only when
 * tracing is configured.
 */
export function traceFetches(next: SubgraphFetch, { tracing, urls }: TraceOptions): SubgraphFetch {
  const places = new Map(
    [...urls].map(([name, text]) => {
      const url = new URL(text);
      const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
      return [name, { 'server.address': url.hostname, 'server.port': port, 'url.full': text }] as const;
    }),
  );
  return async request => {
    const { subgraph, operationKind, context } = request;
    const { span, traceparent } = tracing.start('fetch', {
      kind: SpanKind.CLIENT,
      parent: context.traceparent ?? undefined,
      attributes: {
        'http.request.method': 'POST',
        'graphql.operation.type': operationKind,
        'weir.subgraph': subgraph,
        ...places.get(subgraph),
      },
    });
    try {
      const reply = await next({ ...request, context: { ...context, traceparent } });
      span.setAttribute('http.response.status_code', reply.status);
      if (reply.status >= 400) endFailed(span, String(reply.status));
      else span.end();
      return reply;
    } catch (error) {
      endFailed(span, error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR');
      throw error;
    }
  };
}
