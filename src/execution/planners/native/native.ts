import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { QueryPlan } from '@graphql-hive/router-query-planner';
import { type HostPort, startProcess } from '../host-port.ts';
import { readJoinFacts } from '../mend/join-facts.ts';
import { mendContext, mendPlan } from '../mend/mend-plan.ts';
import { planSerially } from '../mend/serial-mutations.ts';
import type { PlannableOperation, Planner } from '../planner.ts';
import { PlanningHost, refused } from '../planning-host.ts';
import type { TypeRelations } from '../subtypes.ts';
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

export interface NativePlannerOptions {
  readonly native: NativePlannerModule;
  readonly supergraphSdl: string;
  readonly types: TypeRelations;
  /** Longest time one plan may take, ms. */
  readonly budgetMs: number;
}

/** Starting its process takes some 100 ms and its memory some 50 MiB, so it stays for a minute of quiet. */
const IDLE_MS = 60_000;

/**
 * The planner of Hive Router as a native addon: well under a millisecond a plan. It runs in a process of its
 * own, as some valid operations make it panic, which aborts the process it is in (0.0.38).
 */
export function createNativePlanner(options: NativePlannerOptions): Planner {
  const { types } = options;
  const facts = readJoinFacts(options.supergraphSdl);
  const maker = createMaker(options);
  return {
    name: 'native',
    ownFields: new Set(),
    plan: operation =>
      planSerially(operation, async one => {
        const { node } = await maker.plan(one);
        return node ? mendPlan(translateNativePlan(node, types), mendContext(facts, operation)) : null;
      }),
    close: () => maker.close(),
  };
}

interface PlanMaker {
  plan(operation: PlannableOperation): Promise<QueryPlan>;
  close(): Promise<void>;
}

function createMaker({ native, supergraphSdl, budgetMs }: NativePlannerOptions): PlanMaker {
  const entry = new URL('./native-process.js', import.meta.url);
  if (existsSync(fileURLToPath(entry))) {
    const start = (): HostPort<QueryPlan> => startProcess(entry, supergraphSdl);
    return new PlanningHost({ planner: 'native', start, budgetMs, idleMs: IDLE_MS });
  }
  // Tests that run the sources have nothing compiled that a process could start from.
  const planner = new native.QueryPlanner(supergraphSdl);
  return {
    async plan({ text, name, overrides }) {
      try {
        const { labels, abovePercent } = overrides;
        return await planner.planAsync(text, name, new Set(labels), abovePercent);
      } catch (error) {
        throw refused('native', error instanceof Error ? error.message : String(error));
      }
    },
    close: async () => {},
  };
}
