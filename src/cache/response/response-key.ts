import { hash } from 'node:crypto';
import type { CacheScope } from '../policy/cache-policy.ts';
import type { Telling } from './tellings.ts';

/** All that may tell one answer from another. */
export interface ResponseIdentity {
  readonly generationId: string;
  readonly persona: string | null;
  /** Equal exactly if document, operation name, contract, form of the answer, what was denied and variables are. */
  readonly operationKey: string;
  /** Of the subgraphs that are asked: what they are told of the caller, and get of the client's headers. */
  readonly tellings: readonly Telling[];
  readonly scope: CacheScope;
  /** Who asks, as one text that is nobody else's; null: nobody in particular. */
  readonly owner: string | null;
  /** Of what says where subgraphs are and what they are told whoever asks: gateways that differ in it share nothing. */
  readonly place: string;
}

/**
 * All that an answer depends on as one text, or null: nobody can be told apart by it. Nested lists of texts as JSON, so
 * that no part of it can be made to look like another.
 */
export function writeIdentity(identity: ResponseIdentity): string | null {
  const { generationId, place, persona, operationKey, tellings, scope, owner } = identity;
  if (scope === 'PRIVATE' && owner === null) return null;
  return JSON.stringify([
    generationId,
    place,
    persona,
    operationKey,
    tellings.map(({ key }) => key),
    scope === 'PRIVATE' ? owner : null,
  ]);
}

/** The key of an answer: short, and with nothing of the caller in it. */
export function responseKey(identity: string): string {
  return `r${hash('sha256', identity, 'base64url')}`;
}
