/**
 * What a rule has to say, on the way to a verdict.
 *
 * `failed` is apart from `deny` for the sake of `not`: a rule that broke has said nothing, and `not(isBanned)` must not
 * let everybody in when `isBanned` throws. (Shield does let them in.) `needs-parent`: not to be decided before the fetch.
 */
export type Outcome =
  | { readonly kind: 'allow' | 'needs-parent' }
  | { readonly kind: 'deny' | 'failed'; readonly message: string | null };

export const ALLOWED: Outcome = Object.freeze({ kind: 'allow' });
export const NEEDS_PARENT: Outcome = Object.freeze({ kind: 'needs-parent' });
export const DENIED: Outcome = Object.freeze({ kind: 'deny', message: null });

/** The first of these kinds that occurs, with the first message that any of the outcomes brings. */
export function decide(outcomes: readonly Outcome[], precedence: readonly Outcome['kind'][]): Outcome {
  const kind = precedence.find(candidate => outcomes.some(outcome => outcome.kind === candidate));
  if (kind === 'allow') return ALLOWED;
  if (kind === 'needs-parent') return NEEDS_PARENT;
  return { kind: kind ?? 'deny', message: firstMessage(outcomes) };
}

function firstMessage(outcomes: readonly Outcome[]): string | null {
  for (const outcome of outcomes) {
    if ('message' in outcome && outcome.message !== null) return outcome.message;
  }
  return null;
}

/** What a client is told, where a rule said it by an error or a text; null otherwise. */
export function messageOf(value: unknown): string | null {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : null;
}
