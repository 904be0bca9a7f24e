import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { gatewayConfig } from '../config/gateway-config.ts';
import { parseConfig } from '../config/parse.ts';
import { createExecutor } from '../execution/executor.ts';
import type { ExecutionPlan } from '../execution/plan.ts';
import { loadNativePlanner } from '../execution/planners/native/native.ts';
import { printPlan } from '../execution/print-plan.ts';
import { systemClock } from '../shared/clock.ts';
import { createGeneration, type Generation } from '../supergraph/generation.ts';
import { apiSchemaOf } from '../supergraph/supported-features.ts';
import { createLogger } from '../telemetry/logger.ts';
import { CliError } from './cli-error.ts';
import { DEFAULT_SUPERGRAPH, sourceOf } from './settings.ts';

interface PlanFlags {
  readonly supergraph?: string;
  readonly operationName?: string;
  readonly planner?: 'auto' | 'native' | 'apollo';
  readonly json?: boolean;
}

interface PlannedOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
}

/** `weir plan`: what the gateway would fetch for an operation, without asking any subgraph. */
export async function plan(text: string, flags: PlanFlags): Promise<void> {
  const { outcome } = await sourceOf(flags.supergraph ?? DEFAULT_SUPERGRAPH, process.env).read();
  if (outcome.kind === 'failed') throw outcome.error;
  const apiSchema = apiSchemaOf(outcome.sdl);
  const operation = readOperation(text, apiSchema, flags.operationName);
  const found = await planOperation(
    createGeneration({ sdl: outcome.sdl, apiSchema }),
    operation,
    flags.planner,
  );
  process.stdout.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : printPlan(found));
}

/** @throws CliError when no such operation can be run against the schema. */
function readOperation(text: string, schema: GraphQLSchema, name: string | undefined): PlannedOperation {
  const document = parseOperation(text);
  const errors = validate(schema, document);
  if (errors.length > 0) throw new CliError(errors.map(describeError).join('\n'));
  const definition = getOperationAST(document, name);
  if (definition) return { document, definition };
  throw new CliError(
    name === undefined
      ? 'there are several operations: say which with --operation-name'
      : `there is no operation "${name}"`,
  );
}

function parseOperation(text: string): DocumentNode {
  try {
    return parse(text);
  } catch (error) {
    throw error instanceof GraphQLError ? new CliError(describeError(error), error) : error;
  }
}

function describeError({ message, locations = [] }: GraphQLError): string {
  const [place] = locations;
  return place === undefined ? message : `${message} (line ${place.line}, column ${place.column})`;
}

async function planOperation(
  generation: Generation,
  { document, definition }: PlannedOperation,
  planner: PlanFlags['planner'] = 'auto',
): Promise<ExecutionPlan | null> {
  const config = parseConfig(gatewayConfig, { execution: { planner } }, 'the flags');
  const executor = createExecutor({
    generation,
    config: config.execution,
    errorsOf: () => ({ passCodes: new Set(), exposeMessages: false }),
    ask: () => Promise.reject(new Error('planning asks no subgraph')),
    native: await loadNativePlanner(),
    planCacheSize: 1,
    render: executed => executed,
    tracing: null,
    clock: systemClock,
    logger: createLogger('silent'),
    onPlanned: () => {},
  });
  try {
    const { apiSchema: schema } = generation;
    const bound = {
      document,
      definition,
      schema,
      omitNulls: false,
      denial: null,
      id: 'plan',
      variables: {},
      key: 'plan',
    };
    return (await executor.prepare(bound)).plan;
  } finally {
    await executor.close();
  }
}
