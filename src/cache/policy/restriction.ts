import type { CacheHint } from '../../config/cache.ts';

/** What one field, or several, leave of the time in which an answer may be served. Infinity: they say nothing. */
export interface Restriction {
  /** Since the answer was made. */
  readonly freshMs: number;
  /** Ends of the stale times, since the answer was made, too: no field is ever served when it is older than it allows. */
  readonly revalidateUntilMs: number;
  readonly errorUntilMs: number;
  /** Longest stale times, of fields whose maxAge is that of others. */
  readonly revalidateForMs: number;
  readonly errorForMs: number;
  readonly isPrivate: boolean;
}

const NOTHING_SAID = Number.POSITIVE_INFINITY;

export const UNRESTRICTED: Restriction = Object.freeze({
  freshMs: NOTHING_SAID,
  revalidateUntilMs: NOTHING_SAID,
  errorUntilMs: NOTHING_SAID,
  revalidateForMs: NOTHING_SAID,
  errorForMs: NOTHING_SAID,
  isPrivate: false,
});

/** What a hint says by itself, its inheritMaxAge aside. */
export function restrictionOf({ maxAge, scope, staleWhileRevalidate, staleIfError }: CacheHint): Restriction {
  const until = (window = 0) => (maxAge === undefined ? NOTHING_SAID : maxAge + window);
  const atMost = (window = NOTHING_SAID) => (maxAge === undefined ? window : NOTHING_SAID);
  return {
    freshMs: maxAge ?? NOTHING_SAID,
    revalidateUntilMs: until(staleWhileRevalidate),
    errorUntilMs: until(staleIfError),
    revalidateForMs: atMost(staleWhileRevalidate),
    errorForMs: atMost(staleIfError),
    isPrivate: scope === 'PRIVATE',
  };
}

export function restrict(one: Restriction, other: Restriction): Restriction {
  return {
    freshMs: Math.min(one.freshMs, other.freshMs),
    revalidateUntilMs: Math.min(one.revalidateUntilMs, other.revalidateUntilMs),
    errorUntilMs: Math.min(one.errorUntilMs, other.errorUntilMs),
    revalidateForMs: Math.min(one.revalidateForMs, other.revalidateForMs),
    errorForMs: Math.min(one.errorForMs, other.errorForMs),
    isPrivate: one.isPrivate || other.isPrivate,
  };
}
