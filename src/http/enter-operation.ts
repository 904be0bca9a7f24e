import type { BoundOperation } from './bound-operation.ts';
import type { Admitted, Entered } from './entered.ts';
import type { CacheLookup } from './kept-answer.ts';
import type { RequestContext } from './request-context.ts';

/** What decides about an operation before it runs. */
export interface EntryStages {
  /** Takes out what the caller may not see. @throws GatewayError */
  readonly authorize: (operation: BoundOperation, context: RequestContext) => Promise<BoundOperation>;
  /** Looks it up among the answers that are kept; null where none are. */
  readonly look: ((operation: BoundOperation, context: RequestContext) => Looking) | null;
  /** Lets it in by cost and limits. @throws GatewayError */
  readonly admit: (operation: BoundOperation, context: RequestContext) => Promise<Admitted>;
}

/** Null: it is not kept. A function, to be called once it may run: where it is kept, only its plan says. */
export type Looking = CacheLookup | null | Promise<CacheLookup | null> | (() => Promise<CacheLookup | null>);

/** @throws GatewayError where it may not run */
export async function enterOperation(
  { authorize, look, admit }: EntryStages,
  bound: BoundOperation,
  context: RequestContext,
): Promise<Entered> {
  const operation = await authorize(bound, context);
  // Beside the limits: where both ask Redis, it is one round trip.
  const looking = look?.(operation, context) ?? null;
  const admitted = await admit(operation, context);
  // What limits took fields out of is another operation.
  if (looking === null || admitted.operation !== operation) return { ...admitted, lookup: null };
  const lookup = typeof looking === 'function' ? looking() : looking;
  return { ...admitted, lookup: lookup instanceof Promise ? await lookup : lookup };
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
  else progress.admission?.settle(progress.cost);
}

/** Of an operation that was let in before Apollo Server had it, and may never have come as far as to be noted. */
export async function releaseEntering({ progress }: RequestContext): Promise<void> {
  const entered = await progress.entering?.catch(() => null);
  entered?.admission?.release();
}
