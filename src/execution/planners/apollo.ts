import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { QueryPlan } from '@apollo/query-planner';
import { GatewayError } from '../../errors.ts';
import { createApolloPlanning } from './apollo-planning.ts';
import { startThread } from './host-port.ts';
import type { PlannableOperation, Planner } from './planner.ts';
import { PlanningHost, refused } from './planning-host.ts';
import type { TypeRelations } from './subtypes.ts';
import { translateApolloPlan } from './translate-apollo.ts';

export interface ApolloPlannerOptions {
  readonly supergraphSdl: string;
  readonly types: TypeRelations;
  /** Longest time one plan may take, ms. */
  readonly budgetMs: number;
  /** The compiled worker; for tests that run from source. */
  readonly workerUrl?: URL;
}

/** Makes Apollo's plans, somewhere. */
interface PlanMaker {
  plan(operation: PlannableOperation): Promise<QueryPlan>;
  close(): Promise<void>;
}

/** Apollo's planner: runs wherever Node does, on a thread of its own that starts when it is first needed. */
export function createApolloPlanner(options: ApolloPlannerOptions): Planner {
  const { types } = options;
  const maker = createMaker(options);
  return {
    name: 'apollo',
    ownFields: new Set(),
    async plan(operation) {
      const { node } = await maker.plan(operation);
      if (node === undefined) return null;
      if (node.kind === 'Subscription') throw new GatewayError('UNSUPPORTED_OPERATION');
      return translateApolloPlan(node, types);
    },
    close: () => maker.close(),
  };
}

/** Loading a supergraph takes seconds, so the thread outlives a quiet quarter of an hour. */
const IDLE_MS = 15 * 60_000;

function createMaker({ supergraphSdl, budgetMs, workerUrl }: ApolloPlannerOptions): PlanMaker {
  const url = workerUrl ?? new URL('./apollo-worker.js', import.meta.url);
  return existsSync(fileURLToPath(url))
    ? new PlanningHost<QueryPlan>({
        planner: 'portable',
        start: () => startThread(url, supergraphSdl),
        budgetMs,
        idleMs: IDLE_MS,
      })
    : createMakerInProcess(supergraphSdl);
}

/** Where nothing has been compiled (tests that run the sources) there is no file a thread could start from. */
function createMakerInProcess(supergraphSdl: string): PlanMaker {
  let planning: ReturnType<typeof createApolloPlanning> | null = null;
  return {
    async plan(operation) {
      planning ??= createApolloPlanning(supergraphSdl);
      try {
        return planning(operation);
      } catch (error) {
        throw refused('portable', error instanceof Error ? error.message : String(error));
      }
    },
    close: async () => {},
  };
}
