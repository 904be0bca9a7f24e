import type { GraphQLSchema } from 'graphql';
import type { RulePlan } from './rule-plan.ts';

/** What one load shares: problems are gathered, so that a team sees all of them at once. */
export interface Compilation {
  readonly schema: GraphQLSchema;
  readonly problems: string[];
  readonly known: Map<object, RulePlan>;
}
