import type { OperationTypeNode } from 'graphql';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerStateOf } from './kept-answer.ts';
import type { RequestContext } from './request-context.ts';

interface Ended {
  readonly kind: OperationTypeNode;
  readonly outcome: 'ok' | 'partial' | 'error';
}

/** Counts an operation that has its answer, and where this came from; the request's span says that, too. */
export function countOperation(
  metrics: Pick<Metrics, 'operation' | 'cacheAnswer'>,
  { persona, progress, trace }: RequestContext,
  { kind, outcome }: Ended,
): void {
  metrics.operation(kind, outcome);
  const state = answerStateOf(progress);
  if (state === null) return;
  metrics.cacheAnswer(persona.name ?? '', STATES[state]);
  trace.span?.setAttribute('weir.cache', STATES[state]);
}

const STATES = { HIT: 'hit', STALE: 'stale', MISS: 'miss', BYPASS: 'bypass' } as const;
