import { SpanKind } from '@opentelemetry/api';
import { GatewayError } from '../../errors.ts';
import { endFailed, type Tracing } from '../../telemetry/tracing.ts';
import type { SubgraphFetch } from './subgraph-fetch.ts';

interface TraceOptions {
  readonly tracing: Tracing;
  /** As requests name them. */
  readonly endpoints: ReadonlyMap<string, { readonly url: string }>;
}

/**
 * A span around each request to a subgraph, whose context the subgraph gets as its parent. Composed only when
 * tracing is configured.
 */
export function traceFetches(next: SubgraphFetch, { tracing, endpoints }: TraceOptions): SubgraphFetch {
  const places = new Map(
    [...endpoints].map(([name, endpoint]) => {
      const url = new URL(endpoint.url);
      const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
      // Credentials are no part of where a subgraph is.
      url.username = '';
      url.password = '';
      return [name, { 'server.address': url.hostname, 'server.port': port, 'url.full': url.href }] as const;
    }),
  );
  return async request => {
    const { subgraph, endpoint = subgraph, operationKind, context } = request;
    const { span, traceparent } = tracing.start('fetch', {
      kind: SpanKind.CLIENT,
      parent: context.traceparent ?? undefined,
      attributes: {
        'http.request.method': 'POST',
        'graphql.operation.type': operationKind,
        'weir.subgraph': subgraph,
        ...places.get(endpoint),
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
