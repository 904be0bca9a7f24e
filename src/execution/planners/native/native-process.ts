import { type QueryPlan, QueryPlanner } from '@graphql-hive/router-query-planner';
import type { HostReply } from '../host-port.ts';
import type { PlannableOperation } from '../planner.ts';

/** The process that hosts the native planner: gets the supergraph, then one operation after the other. */
let planner: QueryPlanner | null = null;

function answer(reply: HostReply<QueryPlan>): void {
  process.send?.(reply);
}

process.on('message', (message: string | PlannableOperation) => {
  if (typeof message === 'string') {
    planner = new QueryPlanner(message);
    answer({ kind: 'ready' });
    return;
  }
  try {
    if (planner === null) throw new Error('it has no supergraph');
    const { text, name, overrides } = message;
    const plan = planner.plan(text, name, new Set(overrides.labels), overrides.abovePercent);
    answer({ kind: 'planned', plan });
  } catch (error) {
    answer({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) });
  }
});
// Its owner is gone.
process.on('disconnect', () => process.exit());
