import type { CacheHint } from '../config/cache.ts';

/** What holds where several speak of one element with equal right: the stricter. What one leaves open another may say. */
export function mergeHints(one: CacheHint, other: CacheHint): CacheHint {
  const hints = [one, other];
  const maxAge = smallest(hints.map(hint => hint.maxAge));
  return {
    maxAge,
    scope: hints.some(({ scope }) => scope === 'PRIVATE') ? 'PRIVATE' : (one.scope ?? other.scope),
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
