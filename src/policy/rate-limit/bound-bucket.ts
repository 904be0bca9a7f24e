import type { FieldNode } from 'graphql';
import type { Bucket } from './bucket.ts';
import type { LimitPlan } from './limit-plan.ts';

/** What a request wants of one bucket, and what becomes of the request where it is not given. */
export interface BoundBucket extends Bucket {
  readonly limit: LimitPlan;
  /** Fields that are left out instead of the whole operation; null: the operation is refused. */
  readonly pruned: ReadonlySet<FieldNode> | null;
}
