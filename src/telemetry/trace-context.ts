import type { Span, SpanContext } from '@opentelemetry/api';
import { randomId } from '../shared/random-id.ts';

/** The W3C trace context of a request (https://www.w3.org/TR/trace-context/, level 1). */
export interface TraceContext {
  readonly traceId: string;
  /** What is handed on to subgraphs while no span of our own stands between. */
  readonly traceparent: string;
  /** Only when tracing is configured. */
  readonly span?: Span;
}

/** Version 00; ids of zeros are invalid. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Goes on with the caller's trace when its header is valid, else starts one that is not sampled. */
export function traceContextOf(traceparent: string | string[] | undefined): TraceContext {
  if (typeof traceparent === 'string') {
    const traceId = TRACEPARENT.exec(traceparent)?.[1];
    if (traceId !== undefined) return { traceId, traceparent };
  }
  const fresh = randomId();
  return { traceId: fresh, traceparent: `00-${fresh}-${randomId().slice(0, 16)}-00` };
}

/** The parent that a `traceparent` names, or null when it names none. */
export function parseTraceparent(traceparent: string | undefined, isRemote: boolean): SpanContext | null {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (match === null) return null;
  const [, traceId = '', spanId = '', flags = ''] = match;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote };
}
