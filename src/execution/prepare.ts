import { type DocumentNode, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { GatewayError } from '../errors.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { AnswerCalls } from '../policy/rate-limit/answer-calls.ts';
import type { JsonObject } from '../shared/json.ts';
import type { CompileContext } from './compile/context.ts';
import { compilePlan, type RunPlan } from './compile/plan.ts';
import { type ExecutionPlan, fetchesOf } from './plan.ts';
import type { ActivateOverrides } from './planners/operation/active-overrides.ts';
import { splitOperation } from './planners/operation/plannable.ts';
import type { ResponseKeys } from './planners/operation/response-keys.ts';
import type { VariableNames } from './planners/operation/variable-names.ts';
import type { Planner } from './planners/planner.ts';
import { type AnswerCosts, buildShape } from './project/build-shape.ts';
import { type FastProjection, generateProjection } from './project/generate.ts';
import type { ObjectShape } from './project/shape.ts';
import { sizeOfShape } from './project/shape-size.ts';

/** An operation turned into what it takes to run it. Frozen; holds nothing of any request. */
export interface PreparedOperation {
  readonly kind: 'query' | 'mutation';
  /** Null when no subgraph is needed. */
  readonly plan: ExecutionPlan | null;
  readonly run: RunPlan | null;
  /** Whether some of it may be answered with what is kept. */
  readonly usesKept: boolean;
  /** All that it may ask, in the order of their names. */
  readonly subgraphs: ReadonlySet<string>;
  readonly introspection: DocumentNode | null;
  readonly shape: ObjectShape;
  /** Memory of all this and of the code that is made of it, as estimated. */
  readonly bytes: number;
  readonly variableNames: VariableNames;
  /** Names of fields that are fetched under their own name and without arguments, and so mean the same everywhere. */
  readonly readable: ReadonlySet<string>;
  /** Whether fields were taken out that the caller may not see: each is an error with a path. */
  readonly isDenied: boolean;
  /** Null the first time: code for an operation that never comes again is not worth its memory. Nor is too much of it. */
  fastProjection(): FastProjection | null;
}

export interface PrepareContext {
  /** Field names of keys and `@requires` in the supergraph. */
  readonly reserved: ReadonlySet<string>;
  /** Coordinate → subgraph, for the fields that only one resolves. */
  readonly owners: ReadonlyMap<string, string>;
  /** Whether abstract types have members that clients of an API schema must not see. */
  readonly hidesMembers: (schema: GraphQLSchema) => boolean;
  readonly planner: Planner;
  readonly activateOverrides: ActivateOverrides;
  readonly compile: CompileContext;
  /** Null where costs are not counted. */
  readonly costsOf: (operation: BoundOperation) => AnswerCosts | null;
  /** Null where no calls are. */
  readonly callsOf: (operation: BoundOperation) => AnswerCalls | null;
}

/** Plans and compiles an operation of a validated document. @throws GatewayError */
export async function prepareOperation(
  bound: BoundOperation,
  context: PrepareContext,
): Promise<PreparedOperation> {
  const { document, definition: operation, schema, denial, omitNulls } = bound;
  const { reserved, planner, compile } = context;
  const removed = denial?.removed ?? new Map();
  const deferred = denial?.deferred ?? null;
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) {
    throw new GatewayError('UNSUPPORTED_OPERATION', {
      message: 'Subscriptions are not served by this endpoint. Send a query or a mutation.',
    });
  }
  const rootTypeName = schema.getRootType(operation.operation)?.name ?? '';
  const parts = splitOperation(document, operation, {
    rootTypeName,
    reserved,
    hidingSchema: context.hidesMembers(schema) ? schema : null,
    removed,
    ...(deferred === null ? {} : { reads: deferred.reads }),
  });
  const shape = buildShape({
    schema,
    document,
    operation,
    responseKeys: parts.responseKeys,
    owners: context.owners,
    removed,
    ...(deferred === null ? {} : { checks: deferred.checks }),
    omitNulls,
    costs: context.costsOf(bound),
    calls: context.callsOf(bound),
  });
  const size = sizeOfShape(shape);
  const overrides = context.activateOverrides(bound.overrides);
  const plan = parts.plannable === null ? null : await planner.plan({ ...parts.plannable, overrides });
  const compiled = plan === null ? null : compilePlan(plan, compile);
  return Object.freeze({
    kind: operation.operation,
    plan,
    run: compiled?.run ?? null,
    usesKept: compiled?.usesKept ?? false,
    subgraphs: new Set([...fetchesOf(plan)].map(({ subgraph }) => subgraph).sort()),
    introspection: parts.introspection,
    shape,
    bytes: bytesOf(size, plan),
    variableNames: parts.variableNames,
    readable: plainNames(parts.responseKeys),
    isDenied: removed.size > 0,
    fastProjection: size > MAX_GENERATED ? () => null : fromSecondUse(shape),
  });
}

/** Measured on operations of 2 to 400 fields whose answers are kept, or else of which code has been made. */
const BYTES_PER_OPERATION = 16_000;
const BYTES_PER_FIELD = 600;
const BYTES_PER_CHARACTER = 12;

/** @param size fields of the shape, each type's own. A plan grows with the text of its requests, paths and keys. */
function bytesOf(size: number, plan: ExecutionPlan | null): number {
  return BYTES_PER_OPERATION + BYTES_PER_FIELD * size + BYTES_PER_CHARACTER * JSON.stringify(plan).length;
}

function plainNames(responseKeys: ResponseKeys): ReadonlySet<string> {
  const plain = [...responseKeys].filter(
    ([field, key]) => key === field.name.value && !field.arguments?.length,
  );
  return new Set(['__typename', ...plain.map(([, key]) => key)]);
}

/** Fields that code is generated for; for more, compiling it would hold up everybody else. */
const MAX_GENERATED = 10_000;

function fromSecondUse(shape: ObjectShape): () => FastProjection | null {
  let uses = 0;
  let generated: FastProjection | null = null;
  return () => {
    if (++uses > 1) generated ??= generateProjection(shape);
    return generated;
  };
}

/** A fresh response to run into. No prototype, as clients choose some of its keys. */
export function emptyData(): JsonObject {
  return Object.create(null) as JsonObject;
}
