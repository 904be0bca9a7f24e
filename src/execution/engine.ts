import { GatewayError } from '../errors.ts';
import type { BoundOperation, Refusal } from '../http/bound-operation.ts';
import type { Clock } from '../shared/clock.ts';
import type { JsonObject } from '../shared/json.ts';
import { type ExecutionError, type ServedField, servedFields, toExecutionErrors } from './execution-error.ts';
import type { FetchContext, SubgraphFetch } from './fetch/subgraph-fetch.ts';
import type { Remembered } from './guard/remembered.ts';
import { introspect } from './introspect.ts';
import { withPlannerNames } from './planners/operation/variable-names.ts';
import { emptyData, type PreparedOperation } from './prepare.ts';
import { startCounting } from './project/call-counts.ts';
import { projectCarefully, TOO_LARGE } from './project/careful.ts';
import { judgeDeferred } from './project/judge-deferred.ts';
import { placeDenied } from './project/place-denied.ts';
import { FailureLog } from './run/failures.ts';
import { EntityLoaders } from './run/load-entities.ts';
import type { Run } from './run/run.ts';

/** A finished execution. `data` is JSON text already. */
export interface Executed {
  readonly data: string;
  readonly errors: readonly ExecutionError[];
  /** Fields with a value that their subgraph did not give this time. */
  readonly served: readonly ServedField[];
  /** Points of what was answered; 0 where costs are not counted. */
  readonly cost: number;
  /** How often fields of limits were called, by counter; empty where none are counted. */
  readonly calls: readonly number[];
  readonly remembered: readonly Remembered[];
  /** {@link Run.tagged} */
  readonly tagged: readonly JsonObject[];
}

export interface ExecutionCall {
  readonly operation: BoundOperation;
  readonly context: FetchContext;
  readonly ask: SubgraphFetch;
}

export interface ExecutionOptions {
  readonly maxAnswerBytes: number;
  readonly clock: Clock;
}

/** Runs a prepared operation: fetches, then projection. @throws GatewayError when there is nothing to answer. */
export async function executeOperation(
  operation: PreparedOperation,
  call: ExecutionCall,
  options: ExecutionOptions,
): Promise<Executed> {
  const { variables, schema, denial } = call.operation;
  const run: Run = {
    data: emptyData(),
    variables: withPlannerNames(variables, operation.variableNames),
    shared: new Map(),
    held: new Set(),
    prepared: new Set(),
    // Descriptions in a schema hold quotes and line breaks.
    hasEscapes: operation.introspection !== null,
    failures: new FailureLog(),
    remembered: [],
    tagged: [],
    loaders: new EntityLoaders(),
    ask: call.ask,
    context: call.context,
  };
  if (operation.introspection !== null) {
    Object.assign(run.data, introspect(schema, operation.introspection, variables));
  }
  if (operation.run !== null) await operation.run(run);
  const deferred = denial?.deferred ?? null;
  if (deferred !== null) {
    const { shape, readable } = operation;
    await judgeDeferred({ shape, readable, deferred, ...run });
  }
  const { maxAnswerBytes } = options;
  const executed = project(operation, run, {
    maxBytes: maxAnswerBytes,
    refusals: denial?.refusals ?? NO_REFUSALS,
  });
  if (executed.data === 'null' && call.context.deadlineAt <= options.clock.elapsed())
    throw new GatewayError('DEADLINE_EXCEEDED');
  return executed;
}

const NO_REFUSALS: ReadonlyMap<number, Refusal> = new Map();

interface ProjectOptions {
  readonly maxBytes: number;
  readonly refusals: ReadonlyMap<number, Refusal>;
}

function project(operation: PreparedOperation, run: Run, { maxBytes, refusals }: ProjectOptions): Executed {
  const { remembered, tagged } = run;
  const fast = run.failures.size === 0 ? operation.fastProjection() : null;
  if (fast !== null) {
    const { variables, shared, hasEscapes } = run;
    const calls = startCounting(operation.shape.counters);
    const projection = { variables, shared, hasEscapes, failed: false, cost: 0, calls };
    const data = writeWithin(maxBytes, () => fast(run.data, projection));
    if (!projection.failed) {
      const { shape, isDenied } = operation;
      const denied = isDenied ? placeDenied({ shape, data: run.data, variables, refusals }) : [];
      return {
        data,
        errors: toExecutionErrors(denied),
        served: [],
        cost: projection.cost,
        calls,
        remembered,
        tagged,
      };
    }
  }
  const careful = projectCarefully({
    shape: operation.shape,
    data: run.data,
    variables: run.variables,
    failures: run.failures,
    refusals,
    maxBytes,
  });
  const { text: data, cost, calls } = careful;
  return {
    data,
    errors: toExecutionErrors(careful.errors),
    served: servedFields(careful.errors),
    cost,
    calls,
    remembered,
    tagged,
  };
}

/** Text that shares parts is small until it is sent; V8 throws a RangeError where a string can be no longer. */
function writeWithin(maxBytes: number, write: () => string): string {
  let text: string;
  try {
    text = write();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED', { message: TOO_LARGE, cause });
  }
  if (text.length > maxBytes) throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED', { message: TOO_LARGE });
  return text;
}
