import type { GraphQLSchema } from 'graphql';
import type { FetchCaching } from '../cache/entities/fetch-caching.ts';
import type { ExecutionConfig } from '../config/execution.ts';
import { GatewayError } from '../errors.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { Clock } from '../shared/clock.ts';
import type { JsonObject } from '../shared/json.ts';
import { withinTime } from '../shared/within-time.ts';
import type { Generation } from '../supergraph/generation.ts';
import { overrideShares } from '../supergraph/override-shares.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { type Executed, executeOperation } from './engine.ts';
import type { FetchContext, SubgraphFetch } from './fetch/subgraph-fetch.ts';
import type { Guarding } from './guard/guarding.ts';
import type { Remembered } from './guard/remembered.ts';
import { PlanCache } from './plan-cache.ts';
import { choosePlanner } from './planners/choose.ts';
import type { NativePlannerModule } from './planners/native/native.ts';
import { createActivation } from './planners/operation/active-overrides.ts';
import { hidesMembers } from './planners/operation/name-abstract-types.ts';
import { typeRelationsOf } from './planners/subtypes.ts';
import type { PrepareContext, PreparedOperation } from './prepare.ts';
import { Replays } from './replay/replays.ts';
import type { ErrorPolicy } from './run/record-failures.ts';
import { prepareUntraced, tracePreparation } from './trace-preparation.ts';

export interface ExecutorOptions<T> {
  readonly generation: Generation;
  readonly config: ExecutionConfig;
  readonly errorsOf: (subgraph: string) => ErrorPolicy;
  readonly ask: SubgraphFetch;
  /** Null: no field has a breaker or a fallback. */
  readonly guarding: Guarding | null;
  /** Null: nothing is kept of what subgraphs answer. */
  readonly caching: FetchCaching | null;
  readonly native: NativePlannerModule | null;
  /** Makes of a finished execution what is sent, and may be sent again. */
  readonly render: (executed: Executed) => T;
  /** Bound on the memory of what is prepared, as estimated. */
  readonly planCacheBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What adds up to the cost of an answer; null where it is not counted. */
  readonly costsOf: PrepareContext['costsOf'];
  /** What counts calls of fields in an answer. */
  readonly callsOf: PrepareContext['callsOf'];
  readonly onPlanned: (planner: string, seconds: number) => void;
  /** Absent: preparing is not wrapped in anything. */
  readonly tracing: Tracing | null;
}

/** The execution engine of one generation. */
export interface Executor<T> {
  /** @param parent `traceparent` of whoever needs it. */
  prepare(operation: BoundOperation, parent?: string | null): Promise<PreparedOperation>;
  execute(operation: BoundOperation, context: FetchContext): Promise<T>;
  /** Whether it could be run at once. */
  isPrepared(operation: BoundOperation): boolean;
  /** All that it may ask; null: it is not prepared yet. */
  subgraphsOf(operation: BoundOperation): ReadonlySet<string> | null;
  /** Lets go of the planner. Operations that are running still end; no new one is planned. */
  close(): Promise<void>;
}

interface Rendered<T> {
  readonly result: T;
  /** Without errors, so that it may be given again. */
  readonly isSound: boolean;
  /** Characters of its data, and of what is remembered of it. */
  readonly weight: number;
  readonly remembered: readonly Remembered[];
  readonly tagged: readonly JsonObject[];
}

export function createExecutor<T>(options: ExecutorOptions<T>): Executor<T> {
  const { clock, ask, render } = options;
  const { maxAnswer, replay } = options.config;
  const preparer = createPreparer(options);
  const executionOptions = { maxAnswerBytes: maxAnswer, clock };
  const replays =
    replay > 0
      ? new Replays<Rendered<T>>({
          maxWeight: replay,
          ask,
          isSound: ({ isSound }) => isSound,
          weigh: ({ weight }) => weight,
          onUnchanged({ remembered, tagged }, context) {
            for (const one of remembered) one.again(context);
            tellTags(tagged, context);
          },
        })
      : null;

  return {
    prepare: preparer.prepare,
    async execute(operation, context) {
      const { deadlineAt, traceparent } = context;
      const prepared =
        preparer.ready(operation) ??
        (await withinTime(
          preparer.prepare(operation, traceparent),
          deadlineAt - clock.elapsed(),
          () => new GatewayError('DEADLINE_EXCEEDED'),
        ));
      const execute = async (asking: SubgraphFetch): Promise<Rendered<T>> => {
        const call = { operation, context, ask: asking };
        const executed = await executeOperation(prepared, call, executionOptions);
        const { tagged } = executed;
        tellTags(tagged, context);
        return {
          result: render(executed),
          isSound: executed.errors.length === 0 && executed.served.length === 0,
          weight: executed.remembered.reduce((sum, { weight }) => sum + weight, executed.data.length),
          remembered: executed.remembered,
          tagged,
        };
      };
      // Rules that judge objects do so for one request: its result must never be another's.
      const isShareable = operation.denial === null || operation.denial.deferred === null;
      // What was kept is not asked for: a recording would know nothing of it.
      const isWhole = prepared.run !== null && !prepared.usesKept;
      const replayable = replays !== null && isShareable && prepared.kind === 'query' && isWhole;
      const rendered = replayable
        ? await replays.run({ key: operation.key, context, execute })
        : await execute(ask);
      return rendered.result;
    },
    isPrepared: operation => preparer.ready(operation) !== undefined,
    subgraphsOf: operation => preparer.ready(operation)?.subgraphs ?? null,
    close: preparer.close,
  };
}

/** Each time an answer is made: what it was made of last time says the same again. */
function tellTags(tagged: readonly JsonObject[], { kept }: FetchContext): void {
  for (const extensions of tagged) kept?.tagged(extensions);
}

/** Asked for each operation, found out once for each contract of the generation. */
function perSchema<T>(find: (schema: GraphQLSchema) => T): (schema: GraphQLSchema) => T {
  const known = new Map<GraphQLSchema, T>();
  return schema => {
    const value = known.get(schema) ?? find(schema);
    known.set(schema, value);
    return value;
  };
}

interface Preparer {
  readonly prepare: Executor<unknown>['prepare'];
  /** The operation if it has been prepared. */
  ready(operation: BoundOperation): PreparedOperation | undefined;
  close(): Promise<void>;
}

function createPreparer<T>(options: ExecutorOptions<T>): Preparer {
  const { generation, clock, tracing } = options;
  const { overrides } = generation;
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
    reserved: new Set([...generation.facts.plannerFields, ...planner.ownFields]),
    owners: generation.facts.soleOwners,
    hidesMembers: perSchema(schema => hidesMembers(schema, generation.supergraphSchema)),
    planner,
    activateOverrides: createActivation(
      overrides.labels,
      overrideShares(overrides, options.config.overrides),
    ),
    costsOf: options.costsOf,
    callsOf: options.callsOf,
    compile: { ...options, isSubtype: types.isSubtype },
  };
  const plans = new PlanCache<PreparedOperation>(options.planCacheBytes, clock, ({ bytes }) => bytes);
  const prepareNew = tracing === null ? prepareUntraced : tracePreparation(tracing);

  return {
    ready: operation => plans.ready(operation.id),
    prepare: (operation, parent = null) =>
      plans.get(operation.id, async () => {
        const startedAt = clock.elapsed();
        const prepared = await prepareNew({ operation, context, parent });
        options.onPlanned(planner.name, (clock.elapsed() - startedAt) / 1_000);
        return prepared;
      }),
    close: () => planner.close(),
  };
}
