import type { ExecutionConfig } from '../config/execution.ts';
import type { BoundOperation } from '../operation/bind.ts';
import type { Clock } from '../shared/clock.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Executed, executeOperation } from './engine.ts';
import type { FetchContext, SubgraphFetch } from './fetch/subgraph-fetch.ts';
import { PlanCache } from './plan-cache.ts';
import { choosePlanner } from './planners/choose.ts';
import type { NativePlannerModule } from './planners/native.ts';
import { typeRelationsOf } from './planners/subtypes.ts';
import { type PrepareContext, type PreparedOperation, prepareOperation } from './prepare.ts';
import type { ErrorPolicy } from './run/record-failures.ts';

export interface ExecutorOptions {
  readonly generation: Generation;
  readonly config: ExecutionConfig;
  readonly errorsOf: (subgraph: string) => ErrorPolicy;
  readonly ask: SubgraphFetch;
  readonly native: NativePlannerModule | null;
  readonly planCacheSize: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onPlanned: (planner: string, seconds: number) => void;
}

/** The execution engine of one generation. */
export interface Executor {
  prepare(operation: BoundOperation): Promise<PreparedOperation>;
  execute(operation: BoundOperation, context: FetchContext): Promise<Executed>;
  /** Lets go of the planner. Operations that are running still end; no new one is planned. */
  close(): Promise<void>;
}

export function createExecutor(options: ExecutorOptions): Executor {
  const { generation, clock } = options;
  const types = typeRelationsOf(generation.supergraphSchema);
  const planner = choosePlanner({
    planner: options.config.planner,
    budgetMs: options.config.planBudget,
    logger: options.logger,
    native: options.native,
    supergraphSdl: generation.sdl,
    types,
  });
  const context: PrepareContext = {
    apiSchema: generation.apiSchema,
    reserved: new Set([...generation.facts.plannerFields, ...planner.ownFields]),
    planner,
    compile: { ask: options.ask, isSubtype: types.isSubtype, errorsOf: options.errorsOf },
  };
  const plans = new PlanCache<PreparedOperation>(options.planCacheSize, clock);
  const executionOptions = {
    apiSchema: generation.apiSchema,
    maxAnswerBytes: options.config.maxAnswer,
    clock,
  };

  const prepare = (operation: BoundOperation): Promise<PreparedOperation> =>
    plans.get(operation.id, async () => {
      const startedAt = clock.elapsed();
      const prepared = await prepareOperation(operation.document, operation.definition, context);
      options.onPlanned(planner.name, (clock.elapsed() - startedAt) / 1_000);
      return prepared;
    });

  return {
    prepare,
    async execute(operation, fetchContext) {
      const prepared = await prepare(operation);
      return executeOperation(
        prepared,
        { variables: operation.variables, context: fetchContext },
        executionOptions,
      );
    },
    close: () => planner.close(),
  };
}
