import { gatewayConfig } from '../config/gateway-config.ts';
import { parseConfig } from '../config/parse.ts';
import { createExecutor } from '../execution/executor.ts';
import type { ExecutionPlan } from '../execution/plan.ts';
import { loadNativePlanner } from '../execution/planners/native/native.ts';
import { printPlan } from '../execution/print-plan.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import { systemClock } from '../shared/clock.ts';
import { createGeneration, type Generation } from '../supergraph/generation.ts';
import { apiSchemaOf } from '../supergraph/supported-features.ts';
import { createLogger } from '../telemetry/logger.ts';
import { activeLabels } from './active-labels.ts';
import { type ReadOperation, readOperation } from './read-operation.ts';
import { sourceOf } from './settings.ts';

interface PlanFlags {
  readonly supergraph?: string;
  readonly operationName?: string;
  readonly planner?: 'auto' | 'native' | 'apollo';
  /** Of progressive overrides, separated by commas. */
  readonly labels?: string;
  readonly json?: boolean;
}

/** `weir plan`: what the gateway would fetch for an operation, without asking any subgraph. */
export async function plan(text: string, flags: PlanFlags): Promise<void> {
  const { outcome } = await sourceOf(flags.supergraph, process.env).read();
  if (outcome.kind === 'failed') throw outcome.error;
  const apiSchema = apiSchemaOf(outcome.sdl);
  const operation = readOperation(text, apiSchema, flags.operationName);
  const generation = createGeneration({ sdl: outcome.sdl, apiSchema });
  const overrides = activeLabels(generation.overrides, flags.labels ?? '');
  const found = await planOperation(generation, { ...operation, overrides }, flags.planner);
  process.stdout.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : printPlan(found));
}

async function planOperation(
  generation: Generation,
  { document, definition, overrides }: ReadOperation & Pick<BoundOperation, 'overrides'>,
  planner: PlanFlags['planner'] = 'auto',
): Promise<ExecutionPlan | null> {
  const config = parseConfig(gatewayConfig, { execution: { planner } }, 'the flags');
  const executor = createExecutor({
    generation,
    config: config.execution,
    errorsOf: () => ({ passCodes: new Set(), exposeMessages: false }),
    ask: () => Promise.reject(new Error('planning asks no subgraph')),
    guarding: null,
    caching: null,
    native: await loadNativePlanner(),
    planCacheBytes: 1,
    render: executed => executed,
    tracing: null,
    clock: systemClock,
    logger: createLogger('silent'),
    costsOf: () => null,
    callsOf: () => null,
    onPlanned: () => {},
  });
  try {
    const { apiSchema: schema } = generation;
    const bound = {
      document,
      definition,
      schema,
      omitNulls: false,
      viewId: '',
      documentHash: '',
      denial: null,
      overrides,
      id: 'plan',
      variables: {},
      key: 'plan',
    };
    return (await executor.prepare(bound)).plan;
  } finally {
    await executor.close();
  }
}
