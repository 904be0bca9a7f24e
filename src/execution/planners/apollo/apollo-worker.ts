import { parentPort, workerData } from 'node:worker_threads';
import type { QueryPlan } from '@apollo/query-planner';
import type { HostReply } from '../host-port.ts';
import type { PlannableOperation } from '../planner.ts';
import { createApolloPlanning } from './apollo-planning.ts';

/** The thread that hosts Apollo's planner: one supergraph, one plan after the other. */
const plan = createApolloPlanning(workerData as string);

function answer(reply: HostReply<QueryPlan>): void {
  parentPort?.postMessage(reply);
}

parentPort?.on('message', (operation: PlannableOperation) => {
  try {
    answer({ kind: 'planned', plan: plan(operation) });
  } catch (error) {
    answer({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) });
  }
});
answer({ kind: 'ready' });
