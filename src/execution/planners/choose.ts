import { createNativePlanner, type NativePlannerModule } from './native.ts';
import type { Planner } from './planner.ts';
import type { SubtypeCheck } from './subtypes.ts';

export interface PlannerChoice {
  readonly planner: 'auto' | 'native' | 'apollo';
  /** The addon, or null where it cannot load. */
  readonly native: NativePlannerModule | null;
  readonly supergraphSdl: string;
  readonly isSubtype: SubtypeCheck;
}

/** The planner for a generation: the native one, unless it is not wanted or not there. */
export function choosePlanner(choice: PlannerChoice): Planner {
  const { native, supergraphSdl, isSubtype } = choice;
  if (native === null) throw new Error('The native planner has no build for this platform.');
  return createNativePlanner(native, supergraphSdl, isSubtype);
}
