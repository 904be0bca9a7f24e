import type { ExecutionPlan } from '../plan.ts';

/** An operation in the form planners get it: no introspection, no root `__typename`, unambiguous response keys. */
export interface PlannableOperation {
  /** The operation and the fragments it uses, printed. */
  readonly text: string;
  readonly name: string | null;
}

/** The port of the two planners. The same data must come back whichever made the plan. */
export interface Planner {
  readonly name: 'native' | 'apollo';
  /** Fields that only the planner's own copy of the supergraph has; no client alias may be one of them. */
  readonly ownFields: ReadonlySet<string>;
  /** @throws GatewayError when the operation cannot be planned. */
  plan(operation: PlannableOperation): Promise<ExecutionPlan | null>;
  close(): Promise<void>;
}
