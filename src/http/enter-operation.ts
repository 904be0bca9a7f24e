import type { BoundOperation } from './bound-operation.ts';
import type { Admitted, Entered } from './entered.ts';
import type { CacheLookup } from './kept-answer.ts';
import type { RequestContext } from './request-context.ts';

/** What decides about an operation before it runs, at once where nothing has to be waited for. */
export interface EntryStages {
  /** Takes out what the caller may not see. @throws GatewayError */
  readonly authorize: (
    operation: BoundOperation,
    context: RequestContext,
  ) => BoundOperation | Promise<BoundOperation>;
  /** Looks it up among the answers that are kept; null where none are. */
  readonly look:
    | ((
        operation: BoundOperation,
        context: RequestContext,
      ) => CacheLookup | null | Promise<CacheLookup | null>)
    | null;
  /** Lets it in by cost and limits. @throws GatewayError */
  readonly admit: (operation: BoundOperation, context: RequestContext) => Admitted | Promise<Admitted>;
}

/** @throws GatewayError where it may not run */
export function enterOperation(
  stages: EntryStages,
  bound: BoundOperation,
  context: RequestContext,
): Entered | Promise<Entered> {
  const allowed = stages.authorize(bound, context);
  if (allowed instanceof Promise) return allowed.then(operation => enterAllowed(stages, operation, context));
  return enterAllowed(stages, allowed, context);
}

function enterAllowed(
  { look, admit }: EntryStages,
  operation: BoundOperation,
  context: RequestContext,
): Entered | Promise<Entered> {
  // Beside the limits: where both ask Redis, it is one round trip.
  const lookup = look?.(operation, context) ?? null;
  const admitted = admit(operation, context);
  if (!(lookup instanceof Promise) && !(admitted instanceof Promise))
    return enteredWith(operation, admitted, lookup);
  return Promise.all([admitted, lookup]).then(([known, found]) => enteredWith(operation, known, found));
}

/** What limits took fields out of is another operation than the one that was looked up. */
function enteredWith(asked: BoundOperation, admitted: Admitted, lookup: CacheLookup | null): Entered {
  const { operation, admission } = admitted;
  return { operation, admission, lookup: operation === asked ? lookup : null };
}

/** What later stages and the route go by. */
export function noteEntered({ progress }: RequestContext, entered: Entered, hasCache: boolean): void {
  const { operation, admission, lookup } = entered;
  progress.operation = operation;
  progress.admission = admission;
  progress.lookup = lookup;
  if (hasCache) progress.cacheState = lookup === null ? 'BYPASS' : 'MISS';
}

/** However it ended: what was taken for an operation that never ran is given back. */
export function settle({ progress }: RequestContext): void {
  progress.isOver = true;
  const isServedFromCache = progress.cacheState === 'HIT' || progress.cacheState === 'STALE';
  if (isServedFromCache) progress.admission?.settleCached();
  else progress.admission?.settle(progress.cost);
}
