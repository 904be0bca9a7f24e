import { parentPort, workerData } from 'node:worker_threads';
import { createApolloPlanning, type PlanReply, type PlanRequest } from './apollo-planning.ts';

/** The thread's side of {@link ApolloThread}: one supergraph, one plan after the other. */
const plan = createApolloPlanning(workerData as string);

function answer(reply: PlanReply): void {
  parentPort?.postMessage(reply);
}

parentPort?.on('message', ({ id, operation }: PlanRequest) => {
  try {
    answer({ kind: 'planned', id, plan: plan(operation) });
  } catch (error) {
    answer({ kind: 'refused', id, reason: error instanceof Error ? error.message : String(error) });
  }
});
answer({ kind: 'ready' });
