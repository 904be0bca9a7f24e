import type { FetchRecord } from '../execution/fetch/subgraph-fetch.ts';
import type { ExecutionPlan } from '../execution/plan.ts';
import { printPlan } from '../execution/print-plan.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { RequestContext } from '../http/request-context.ts';
import { deniedPaths } from '../policy/authorize/denied-paths.ts';

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
  readonly authorization: {
    /** Paths of the fields that were taken out for this caller. */
    readonly removed: readonly string[];
    /** Fields that rules decided object by object. */
    readonly deferred: number;
  };
}

interface ExplainInput {
  readonly operation: BoundOperation;
  readonly request: RequestContext;
  readonly plan: ExecutionPlan | null;
  readonly records: readonly FetchRecord[];
}

export function explanationOf({ operation, request, plan, records }: ExplainInput): Explanation {
  const { caller, persona, progress } = request;
  return {
    persona: persona.name,
    caller: { credential: caller.kind, subject: caller.subject },
    document: progress.document?.id ?? null,
    plan: plan === null ? null : printPlan(plan),
    overrides: operation.overrides,
    fetches: records,
    authorization: {
      removed: deniedPaths(operation).map(path => path.join('.')),
      deferred: operation.denial?.deferred?.checks.size ?? 0,
    },
  };
}
