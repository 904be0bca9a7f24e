import { GatewayError } from '../../errors.ts';
import type { PlannableOperation, Planner } from './planner.ts';
import type { TypeRelations } from './subtypes.ts';
import { translateNativePlan } from './translate-native.ts';

export type NativePlannerModule = typeof import('@graphql-hive/router-query-planner');

/** The addon, or null where it has no build for the platform (it has them for Linux with glibc and for macOS). */
export async function loadNativePlanner(): Promise<NativePlannerModule | null> {
  try {
    return await import('@graphql-hive/router-query-planner');
  } catch {
    return null;
  }
}

/**
 * The planner of Hive Router as a native addon: well under a millisecond a plan, off the event loop.
 * @throws when it cannot read the supergraph.
 */
export function createNativePlanner(
  native: NativePlannerModule,
  supergraphSdl: string,
  types: TypeRelations,
): Planner {
  const planner = new native.QueryPlanner(supergraphSdl);
  const noLabels = new Set<string>();
  return {
    name: 'native',
    ownFields: new Set(),
    close: async () => {},
    async plan(operation: PlannableOperation) {
      const plan = await planner
        .planAsync(operation.text, operation.name, noLabels, 0)
        .catch((cause: unknown) => {
          throw new GatewayError('INTERNAL_SERVER_ERROR', {
            message: 'The native planner refused an operation.',
            cause,
          });
        });
      return plan.node ? translateNativePlan(plan.node, types) : null;
    },
  };
}
