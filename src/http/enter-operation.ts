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
  readonly look: ((operation: BoundOperation, context: RequestContext) => Looking) | null;
  /** Lets it in by cost and limits. @throws GatewayError */
  readonly admit: (operation: BoundOperation, context: RequestContext) => Admitted | Promise<Admitted>;
}

/** Null: it is not kept. A function, to be called once it may run: where it is kept, only its plan says. */
export type Looked = CacheLookup | null | (() => Promise<CacheLookup | null>);

export type Looking = Looked | Promise<Looked>;

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
  const looking = look?.(operation, context) ?? null;
  const admitted = admit(operation, context);
  if (admitted instanceof Promise) return admitted.then(known => enteredWith(operation, known, looking));
  return enteredWith(operation, admitted, looking);
}

/** What limits took fields out of is another operation than the one that was looked up. */
function enteredWith(
  asked: BoundOperation,
  { operation, admission }: Admitted,
  looking: Looking,
): Entered | Promise<Entered> {
  if (looking === null || operation !== asked) return { operation, admission, lookup: null };
  const found = looking instanceof Promise ? looking.then(planned) : planned(looking);
  if (found instanceof Promise) return found.then(lookup => ({ operation, admission, lookup }));
  return { operation, admission, lookup: found };
}

function planned(looked: Looked): CacheLookup | null | Promise<CacheLookup | null> {
  return typeof looked === 'function' ? looked() : looked;
}

/** What later stages and the route go by. */
export function noteEntered({ progress }: RequestContext, entered: Entered, hasCache: boolean): void {
  const { operation, admission, lookup } = entered;
  progress.operation = operation;
  progress.admission = admission;
  progress.lookup = lookup;
  if (hasCache) progress.cacheState = lookup === null ? 'BYPASS' : 'MISS';
}

/** What another operation has been answered with spends of limits what such answers do. */
export function isServedFromCache({ cacheState }: RequestContext['progress']): boolean {
  return cacheState === 'HIT' || cacheState === 'STALE';
}

/** However it ended: what was taken for an operation that never ran is given back. */
export function settle({ progress }: RequestContext): void {
  progress.isOver = true;
  if (isServedFromCache(progress)) progress.admission?.settleCached();
  else progress.admission?.settle(progress);
}

/** Of an operation that was let in before Apollo Server had it, and may never have come as far as to be noted. */
export async function releaseEntering({ progress }: RequestContext): Promise<void> {
  const { entering } = progress;
  const entered = entering instanceof Promise ? await entering.catch(() => null) : entering;
  entered?.admission?.release();
}
