import { hash } from 'node:crypto';
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
  /** Who asks, as one text that is nobody else's; null: nobody in particular. */
  readonly owner: string | null;
  /** Of what says where subgraphs are and what they are told whoever asks: gateways that differ in it share nothing. */
  readonly place: string;
}

/**
 * The key of an answer, or null: nobody can be told apart by it. Nested lists of texts as JSON, so that no part of it
 * can be made to look like another, and hashed, so that it is short and holds nothing of the caller.
 */
export function responseKey(identity: ResponseIdentity): string | null {
  const { generationId, place, persona, operationKey, forwarded, scope, owner } = identity;
  if (scope === 'PRIVATE' && owner === null) return null;
  const parts = [generationId, place, persona, operationKey, forwarded, scope === 'PRIVATE' ? owner : null];
  return `r${hash('sha256', JSON.stringify(parts), 'base64url')}`;
}
