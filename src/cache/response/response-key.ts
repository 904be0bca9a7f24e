import { createHash } from 'node:crypto';
import type { CacheScope } from '../policy/cache-policy.ts';

/** All that may tell one answer from another. */
export interface ResponseIdentity {
  readonly generationId: string;
  readonly persona: string | null;
  /** Equal exactly if document, operation name, contract, form of the answer, what was denied and variables are. */
  readonly operationKey: string;
  /** What each subgraph that is asked is told of the caller and gets of the client's headers, by its name. */
  readonly forwarded: readonly (readonly [subgraph: string, key: string])[];
  readonly scope: CacheScope;
  /** Who asks; for PRIVATE ones. */
  readonly caller: { readonly kind: string; readonly subject: string | null; readonly tenant: string | null };
}

/**
 * The key of an answer, or null: nobody can be told apart by it. Nested lists of texts as JSON, so that no part of it
 * can be made to look like another, and hashed, so that it is short and holds nothing of the caller.
 */
export function responseKey(identity: ResponseIdentity): string | null {
  const { generationId, persona, operationKey, forwarded, scope, caller } = identity;
  if (scope === 'PRIVATE' && caller.subject === null) return null;
  const owner = scope === 'PRIVATE' ? [caller.kind, caller.subject, caller.tenant] : null;
  const parts = [generationId, persona, operationKey, forwarded, owner];
  return `r${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}
