import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { TelemetryConfig } from '../config/telemetry.ts';
import { SPANS } from './catalogue.ts';
import type { Logger } from './logger.ts';
import { tellOfExports } from './tell-exports.ts';
import { parseTraceparent, type TraceContext } from './trace-context.ts';

/** Opens spans. Parents are handed over as `traceparent`: there is no ambient context to get lost in. */
export interface Tracing {
  /** A span and the context that its children and subgraphs get. */
  start(name: keyof typeof SPANS, start: SpanStart): Required<TraceContext>;
  /** Sends what is still waiting to be sent. */
  close(): Promise<void>;
}

interface SpanStart {
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly parent: string | undefined;
}

/**
 * Null when no receiver is configured: then nothing of it is composed, and OpenTelemetry, which takes some
 * 30 MB and a good part of a second, is not loaded.
 */
export async function loadTracingIfConfigured(
  config: TelemetryConfig,
  logger: Logger,
): Promise<Tracing | null> {
  if (config.otlp === undefined) return null;
  const [{ node, tracing, resources }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const { endpoint, headers } = config.otlp;
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: { ...headers },
  });
  const told = tellOfExports(exporter, { receiver: new URL(endpoint).host, logger });
  // Not registered globally: two gateways in one process must not share a provider.
  const provider = new node.NodeTracerProvider({
    resource: resources.resourceFromAttributes({ ...config.resource, 'service.name': config.serviceName }),
    sampler: new tracing.ParentBasedSampler({
      root: new tracing.TraceIdRatioBasedSampler(config.sampleRatio),
    }),
    spanProcessors: [new tracing.BatchSpanProcessor(told)],
  });
  // A receiver that is gone must not keep the gateway from closing.
  return createTracing(provider.getTracer('weir'), () => provider.shutdown().catch(() => undefined));
}

function createTracing(tracer: Tracer, close: () => Promise<void>): Tracing {
  return {
    start(name, { kind, attributes, parent }) {
      const above = parseTraceparent(parent, name === 'request');
      const context = above === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, above);
      const span = tracer.startSpan(SPANS[name], { kind, attributes }, context);
      const spanContext = span.spanContext();
      return { span, traceId: spanContext.traceId, traceparent: traceparentOf(spanContext) };
    },
    close,
  };
}

/** Ends a span with a failure's code, never its message: that may be private. */
export function endFailed(span: Span, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
