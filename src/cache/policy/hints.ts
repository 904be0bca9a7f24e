import type { CacheConfig, CacheHint } from '../../config/cache.ts';

/** `Type` or `Type.field` → what holds there. */
export type Hints = ReadonlyMap<string, CacheHint>;

/** What the schema says, and over it what the configuration says of the same element. */
export function overrideHints(directed: Hints, written: CacheConfig['fields']): Hints {
  const hints = new Map(directed);
  for (const [coordinate, hint] of Object.entries(written)) {
    hints.set(coordinate, Object.freeze(replaceHint(hints.get(coordinate) ?? {}, hint)));
  }
  return hints;
}

/** What the later one says holds, and of the rest what the earlier one says. */
function replaceHint(earlier: CacheHint, later: CacheHint): CacheHint {
  const isTimed = later.maxAge !== undefined || later.inheritMaxAge === true;
  return {
    // Each of the two takes the place of the other.
    maxAge: isTimed ? later.maxAge : earlier.maxAge,
    inheritMaxAge: isTimed ? later.inheritMaxAge : (later.inheritMaxAge ?? earlier.inheritMaxAge),
    scope: later.scope ?? earlier.scope,
    staleWhileRevalidate: later.staleWhileRevalidate ?? earlier.staleWhileRevalidate,
    staleIfError: later.staleIfError ?? earlier.staleIfError,
  };
}
