import type { FetchRecord } from '../execution/fetch/subgraph-fetch.ts';
import type { ExecutionPlan } from '../execution/plan.ts';
import { printPlan } from '../execution/print-plan.ts';
import type { ActualSpend, SpentBucket, SpentBuckets } from '../http/admission.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { RequestContext } from '../http/request-context.ts';
import { deniedPaths } from '../policy/authorize/denied-paths.ts';
import type { CostPart } from '../policy/cost/cost-parts.ts';
import type { ExplainedCaching } from './explained-caching.ts';

/** Whether the client asks for one, and may have it. */
export function wantsExplanation({ headers, persona }: RequestContext): boolean {
  return persona.explain && headers['x-weir-explain'] === '1';
}

/** What `extensions.explain` says: how the answer came about. */
export interface Explanation {
  readonly persona: string | null;
  readonly caller: { readonly credential: string; readonly subject: string | null };
  /** Id of the registered document that was run. */
  readonly document: string | null;
  /** As `weir plan` prints it; null when no subgraph was needed. */
  readonly plan: string | null;
  /** Labels of progressive overrides that are on for the caller, of those that the operation comes under. */
  readonly overrides: readonly string[];
  readonly fetches: readonly FetchRecord[];
  /** Whether the answer is kept, and why not; null: nothing is kept at all. */
  readonly cache: ExplainedCaching | null;
  readonly authorization: {
    /** Paths of the fields that were taken out for this caller. */
    readonly removed: readonly string[];
    /** Fields that rules decided object by object. */
    readonly deferred: number;
  };
  /** Points; null where none are counted. */
  readonly cost: ExplainedCost | null;
  /** Of all limits that the operation came under, shadows too. */
  readonly buckets: readonly SpentBucket[];
  /** How many more buckets there are than are shown. */
  readonly moreBuckets: number;
}

interface ExplainedCost {
  readonly estimated: number;
  readonly actual: number;
  /** Null: as much as it likes. */
  readonly max: number | null;
  /** The fields that add most to the estimate, the dearest first. */
  readonly parts: readonly CostPart[];
}

const MOST_PARTS = 10;

interface ExplainInput {
  readonly operation: BoundOperation;
  readonly request: RequestContext;
  readonly plan: ExecutionPlan | null;
  readonly records: readonly FetchRecord[];
  readonly actual: ActualSpend;
  readonly spent: SpentBuckets | null;
  readonly caching: ExplainedCaching | null;
  readonly costParts: (operation: BoundOperation) => readonly CostPart[];
}

export function explanationOf(input: ExplainInput): Explanation {
  const { operation, request, plan, records, spent, caching } = input;
  const { caller, persona, progress } = request;
  return {
    persona: persona.name,
    caller: { credential: caller.kind, subject: caller.subject },
    document: progress.document?.id ?? null,
    plan: plan === null ? null : printPlan(plan),
    overrides: operation.overrides,
    fetches: records,
    cache: caching,
    authorization: {
      removed: deniedPaths(operation).map(path => path.join('.')),
      deferred: operation.denial?.deferred?.checks.size ?? 0,
    },
    cost: costOf(input),
    buckets: spent?.buckets ?? [],
    moreBuckets: spent?.leftOut ?? 0,
  };
}

function costOf({ operation, request, actual, costParts }: ExplainInput): ExplainedCost | null {
  const { admission } = request.progress;
  if (admission === null || admission.estimated === null) return null;
  const { estimated, max } = admission;
  return { estimated, actual: actual.cost, max, parts: costParts(operation).slice(0, MOST_PARTS) };
}
