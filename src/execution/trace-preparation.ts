import { type Attributes, SpanKind } from '@opentelemetry/api';
import { GatewayError } from '../errors.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { SPANS } from '../telemetry/catalogue.ts';
import { endFailed, type Tracing } from '../telemetry/tracing.ts';
import type { Planner } from './planners/planner.ts';
import { type PrepareContext, type PreparedOperation, prepareOperation } from './prepare.ts';

export interface Preparation {
  readonly operation: BoundOperation;
  readonly context: PrepareContext;
  /** `traceparent` of the request that happens to be the first to need this operation. */
  readonly parent: string | null;
}

export type Prepare = (preparation: Preparation) => Promise<PreparedOperation>;

export const prepareUntraced: Prepare = ({ operation, context }) => prepareOperation(operation, context);

/** Spans around preparing an operation and, inside it, planning. Later requests of the operation have neither. */
export function tracePreparation(tracing: Tracing): Prepare {
  const within = async <T>(span: InnerSpan, work: (traceparent: string) => Promise<T>): Promise<T> => {
    const { name, attributes, parent } = span;
    const started = tracing.start(name, { kind: SpanKind.INTERNAL, attributes, parent: parent ?? undefined });
    try {
      const result = await work(started.traceparent);
      started.span.end();
      return result;
    } catch (error) {
      endFailed(started.span, error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR');
      throw error;
    }
  };
  return ({ operation, context, parent }) =>
    within({ name: 'prepare', attributes: {}, parent }, inner => {
      const { planner } = context;
      const traced: Planner = {
        name: planner.name,
        ownFields: planner.ownFields,
        plan: plannable =>
          within({ name: 'plan', attributes: { 'weir.planner': planner.name }, parent: inner }, () =>
            planner.plan(plannable),
          ),
        close: () => planner.close(),
      };
      return prepareUntraced({ operation, context: { ...context, planner: traced }, parent });
    });
}

interface InnerSpan {
  readonly name: keyof typeof SPANS;
  readonly attributes: Attributes;
  readonly parent: string | null;
}
