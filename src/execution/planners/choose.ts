import { GatewayError } from '../../errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { createApolloPlanner } from './apollo/apollo.ts';
import { createNativePlanner, type NativePlannerModule } from './native/native.ts';
import type { Planner } from './planner.ts';
import type { TypeRelations } from './subtypes.ts';

export interface PlannerChoice {
  readonly planner: 'auto' | 'native' | 'apollo';
  /** Longest time a planner may take for one operation, ms. */
  readonly budgetMs: number;
  /** The addon, or null where it cannot load. */
  readonly native: NativePlannerModule | null;
  readonly supergraphSdl: string;
  readonly types: TypeRelations;
  readonly logger: Logger;
}

/**
 * The planner for a generation. `auto` takes the native one where it can do the work, and asks the portable
 * one about operations that the native one refuses.
 * @throws Error when the native planner is demanded and cannot be had.
 */
export function choosePlanner(choice: PlannerChoice): Planner {
  const { planner, logger } = choice;
  if (planner === 'native') return demandNative(choice);
  const apollo = createApolloPlanner(choice);
  if (planner === 'apollo') return apollo;
  const found = tryNative(choice);
  if (typeof found !== 'string') {
    logger.info({ planner: 'native' }, 'operations are planned by the native planner');
    return withFallback(found, apollo, logger);
  }
  logger.info({ planner: 'apollo', reason: found }, 'operations are planned by the portable planner');
  return apollo;
}

function demandNative(choice: PlannerChoice): Planner {
  const { native } = choice;
  if (native === null) {
    throw new Error(
      'execution.planner is "native", but the native planner has no build for this platform. Set it to "auto" or "apollo".',
    );
  }
  return createNativePlanner({ ...choice, native });
}

/** The native planner, or why it is not for this supergraph. */
function tryNative(choice: PlannerChoice): Planner | string {
  const { native, supergraphSdl } = choice;
  if (native === null) return 'the native planner has no build for this platform';
  if (usesContext(supergraphSdl)) return 'the supergraph uses @fromContext, which the native planner ignores';
  try {
    return createNativePlanner({ ...choice, native });
  } catch (error) {
    return `the native planner cannot read the supergraph: ${error instanceof Error ? error.message : error}`;
  }
}

/** Composition writes arguments that are filled from a context as `contextArguments: [{…}]` of a join__field. */
function usesContext(supergraphSdl: string): boolean {
  return /\bcontextArguments:\s*\[\s*\{/.test(supergraphSdl);
}

function withFallback(native: Planner, apollo: Planner, logger: Logger): Planner {
  return {
    name: 'native',
    ownFields: apollo.ownFields,
    async plan(operation) {
      try {
        return await native.plan(operation);
      } catch (error) {
        // What takes the faster planner too long would keep the other for longer.
        if (error instanceof GatewayError && error.code !== 'INTERNAL_SERVER_ERROR') throw error;
        logger.warn(
          { err: error, operation: operation.name },
          'the native planner refused; asking the portable one',
        );
        return apollo.plan(operation);
      }
    },
    async close() {
      await native.close();
      await apollo.close();
    },
  };
}
