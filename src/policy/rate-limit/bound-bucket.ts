import type { FieldNode } from 'graphql';
import type { CountedCalls } from './answer-calls.ts';
import type { Bucket } from './bucket.ts';
import type { LimitPlan } from './limit-plan.ts';

/** What a request wants of one bucket, and what becomes of the request where it is not given. */
export interface BoundBucket extends Bucket {
  readonly limit: LimitPlan;
  /** How calls are corrected once there is an answer; null: they are not, as they are what they are. */
  readonly counted: CountedCalls | null;
  /** Fields that are left out instead of the whole operation; null: the operation is refused. */
  readonly pruned: ReadonlySet<FieldNode> | null;
}
