import { Kind, type OperationDefinitionNode, parse } from 'graphql';
import type { ExecutionPlan } from '../../src/execution/plan.ts';
import { createApolloPlanner } from '../../src/execution/planners/apollo/apollo.ts';
import { createNativePlanner, loadNativePlanner } from '../../src/execution/planners/native/native.ts';
import { createActivation } from '../../src/execution/planners/operation/active-overrides.ts';
import { splitOperation } from '../../src/execution/planners/operation/plannable.ts';
import type { Planner } from '../../src/execution/planners/planner.ts';
import { typeRelationsOf } from '../../src/execution/planners/subtypes.ts';
import { printPlan } from '../../src/execution/print-plan.ts';
import { createGeneration } from '../../src/supergraph/generation.ts';
import { overrideShares } from '../../src/supergraph/override-shares.ts';
import { apiSchemaOf } from '../../src/supergraph/supported-features.ts';

export interface PlanningTest extends AsyncDisposable {
  readonly planner: Planner;
  /** @param overrides labels of progressive overrides that are on. */
  plan(query: string, overrides?: readonly string[]): Promise<ExecutionPlan | null>;
  /** The plan as people read it. */
  print(query: string, overrides?: readonly string[]): Promise<string>;
}

/** One planner over a supergraph, asked as the executor asks it. */
export async function startPlanner(
  name: 'native' | 'apollo',
  supergraphSdl: string,
  workerUrl?: URL,
): Promise<PlanningTest> {
  const apiSchema = apiSchemaOf(supergraphSdl);
  const generation = createGeneration({ sdl: supergraphSdl, apiSchema });
  const types = typeRelationsOf(generation.supergraphSchema);
  const options = { supergraphSdl, types, budgetMs: 20_000 };
  const planner =
    name === 'apollo' ? createApolloPlanner(withWorker(options, workerUrl)) : await native(options);
  const { overrides: table } = generation;
  const activate = createActivation(table.labels, overrideShares(table, {}));
  const plan = async (query: string, overrides: readonly string[] = []): Promise<ExecutionPlan | null> => {
    const document = parse(query, { noLocation: true });
    const operation = document.definitions.find(
      (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
    );
    if (operation === undefined) throw new Error('no operation to plan');
    const rootTypeName = apiSchema.getRootType(operation.operation)?.name ?? '';
    const reserved = new Set([...generation.facts.plannerFields, ...planner.ownFields]);
    const { plannable } = splitOperation(document, operation, {
      rootTypeName,
      reserved,
      hidingSchema: null,
    });
    return plannable === null ? null : planner.plan({ ...plannable, overrides: activate(overrides) });
  };
  return {
    planner,
    plan,
    print: async (query, overrides) => `\n${printPlan(await plan(query, overrides))}`,
    [Symbol.asyncDispose]: () => planner.close(),
  };
}

function withWorker<T extends object>(options: T, workerUrl: URL | undefined): T & { workerUrl?: URL } {
  return workerUrl === undefined ? options : { ...options, workerUrl };
}

async function native(options: Omit<Parameters<typeof createNativePlanner>[0], 'native'>): Promise<Planner> {
  const addon = await loadNativePlanner();
  if (addon === null) throw new Error('the native planner has no build for this platform');
  return createNativePlanner({ ...options, native: addon });
}
