import type { CacheHint } from '../config/cache.ts';

/** What holds where all of these speak of one element: the strictest. What one leaves open another may say. */
export function mergeHints(hints: readonly CacheHint[]): CacheHint {
  const maxAge = smallest(hints.map(hint => hint.maxAge));
  const scopes = hints.map(({ scope }) => scope).filter(scope => scope !== undefined);
  return {
    maxAge,
    scope: scopes.includes('PRIVATE') ? 'PRIVATE' : scopes[0],
    // Who names a time is stricter than who takes that of the field above.
    inheritMaxAge:
      maxAge === undefined && hints.some(({ inheritMaxAge }) => inheritMaxAge === true) ? true : undefined,
    staleWhileRevalidate: mergeWindows(hints, maxAge, 'staleWhileRevalidate'),
    staleIfError: mergeWindows(hints, maxAge, 'staleIfError'),
  };
}

/** A window is after its own maxAge, so it is its end that counts: nobody's is passed. */
function mergeWindows(
  hints: readonly CacheHint[],
  maxAge: number | undefined,
  name: 'staleWhileRevalidate' | 'staleIfError',
): number | undefined {
  const isSaid = hints.some(hint => hint[name] !== undefined);
  if (!isSaid) return undefined;
  return smallest(
    hints.map(hint =>
      hint.maxAge === undefined || maxAge === undefined
        ? hint[name]
        : hint.maxAge + (hint[name] ?? 0) - maxAge,
    ),
  );
}

function smallest(values: readonly (number | undefined)[]): number | undefined {
  const said = values.filter(value => value !== undefined);
  return said.length === 0 ? undefined : Math.min(...said);
}
