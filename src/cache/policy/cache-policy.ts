import { LONGEST_LIFE_MS } from '../../config/cache.ts';
import type { Restriction } from './restriction.ts';

export type CacheScope = 'PUBLIC' | 'PRIVATE';

/** How long something may be kept, and for whom. All times are whole ms, and maxAge is above 0. */
export interface CachePolicy {
  readonly maxAgeMs: number;
  /** PRIVATE: for the caller alone that it was made for. */
  readonly scope: CacheScope;
  /** After maxAge. */
  readonly staleWhileRevalidateMs: number;
  /** After maxAge. */
  readonly staleIfErrorMs: number;
}

/** What restrictions leave, or null: nothing. @param factor what maxAge is multiplied by */
export function policyWithin(restriction: Restriction, factor: number): CachePolicy | null {
  const { freshMs, isPrivate } = restriction;
  // Of what no field restricts nothing is known, as of an operation that selects __typename alone.
  if (freshMs === Number.POSITIVE_INFINITY) return null;
  const window = (endMs: number, longestMs: number) => boundedMs(Math.min(endMs - freshMs, longestMs));
  const maxAgeMs = boundedMs(freshMs * factor);
  if (maxAgeMs === 0) return null;
  return Object.freeze({
    maxAgeMs,
    scope: isPrivate ? 'PRIVATE' : 'PUBLIC',
    staleWhileRevalidateMs: window(restriction.revalidateUntilMs, restriction.revalidateForMs),
    staleIfErrorMs: window(restriction.errorUntilMs, restriction.errorForMs),
  });
}

function boundedMs(ms: number): number {
  return Math.max(0, Math.min(LONGEST_LIFE_MS, Math.floor(ms)));
}
