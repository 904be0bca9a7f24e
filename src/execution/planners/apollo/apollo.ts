import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { QueryPlan } from '@apollo/query-planner';
import { print } from 'graphql';
import { GatewayError } from '../../../errors.ts';
import { startThread } from '../host-port.ts';
import { readJoinFacts } from '../mend/join-facts.ts';
import { mendContext, mendPlan } from '../mend/mend-plan.ts';
import { mergeSiblings } from '../mend/merge-siblings.ts';
import { asksData } from '../operation/asks-data.ts';
import type { PlannableOperation, Planner } from '../planner.ts';
import { PlanningHost, refused } from '../planning-host.ts';
import type { TypeRelations } from '../subtypes.ts';
import { createApolloPlanning } from './apollo-planning.ts';
import { restoreRequiredFields } from './restore-required-fields.ts';
import { supergraphForApollo } from './supergraph-for-apollo.ts';
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

/**
 * Apollo's planner: runs wherever Node does, on a thread of its own that starts when it is first needed.
 * What it gets wrong is put right in the supergraph that it is given and in the plans that it makes.
 */
export function createApolloPlanner(options: ApolloPlannerOptions): Planner {
  const { types } = options;
  const { document, requiredFields } = supergraphForApollo(options.supergraphSdl);
  const facts = readJoinFacts(document);
  const maker = createMaker({ ...options, supergraphSdl: print(document) });
  return {
    name: 'apollo',
    ownFields: new Set(requiredFields.keys()),
    async plan(operation) {
      const { node } = await maker.plan(operation);
      if (node === undefined) {
        if (asksData(operation.text)) throw noPlan(operation);
        return null;
      }
      if (node.kind === 'Subscription') throw new GatewayError('UNSUPPORTED_OPERATION');
      const plan = restoreRequiredFields(translateApolloPlan(node, types), requiredFields);
      const mended = mendPlan(plan, mendContext(facts, operation));
      return mended === null ? null : mergeSiblings(mended);
    },
    close: () => maker.close(),
  };
}

/** It says nothing where no subgraph resolves a field, and the answer would be null without a reason. */
function noPlan({ name, text }: PlannableOperation): GatewayError {
  return new GatewayError('INTERNAL_SERVER_ERROR', {
    message: `The portable planner found no subgraph for the operation ${name ?? text}.`,
  });
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
