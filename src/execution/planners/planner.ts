import type { ExecutionPlan } from '../plan.ts';
import type { ActiveOverrides } from './operation/active-overrides.ts';

/** An operation in the form planners get it: no introspection, no root `__typename`, unambiguous response keys. */
export interface PlannableText {
  /** The operation and the fragments it uses, printed. */
  readonly text: string;
  readonly name: string | null;
}

/** All that a plan depends on, besides the supergraph. Goes to other threads and processes as it is. */
export interface PlannableOperation extends PlannableText {
  readonly overrides: ActiveOverrides;
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
