import { expect, test } from 'vitest';
import type { CacheHint } from '../../src/config/cache.ts';
import { mergeHints } from '../../src/supergraph/merge-hints.ts';
import { createRandom, integer, pick, type Random } from '../../subgraphs/shared/random.ts';

function randomHint(random: Random): CacheHint {
  const some = <T>(values: readonly T[]): T | undefined =>
    random() < 0.5 ? undefined : pick(random, values);
  const maxAge = some([0, 5, 50, 60]);
  return {
    maxAge,
    scope: some(['PUBLIC', 'PRIVATE'] as const),
    inheritMaxAge: maxAge === undefined ? some([true]) : undefined,
    staleWhileRevalidate: some([0, 3, 10, 40]),
    staleIfError: some([0, 3, 10, 40]),
  };
}

test('merged hints are no more permissive than any of them, in whatever order they come', () => {
  const random = createRandom(3);
  for (let run = 0; run < 5_000; run++) {
    const hints = Array.from({ length: integer(random, 1, 4) }, () => randomHint(random));
    const merged = mergeHints(hints);
    const place = JSON.stringify({ hints, merged });
    expect(mergeHints(hints.toReversed()), place).toEqual(merged);
    for (const { maxAge, scope, staleWhileRevalidate } of hints) {
      if (scope === 'PRIVATE') expect(merged.scope, place).toBe('PRIVATE');
      if (maxAge !== undefined) {
        expect(merged.maxAge, place).toBeLessThanOrEqual(maxAge);
        const end = (merged.maxAge ?? 0) + (merged.staleWhileRevalidate ?? 0);
        expect(end, place).toBeLessThanOrEqual(maxAge + (staleWhileRevalidate ?? 0));
      } else if (staleWhileRevalidate !== undefined)
        expect(merged.staleWhileRevalidate, place).toBeLessThanOrEqual(staleWhileRevalidate);
    }
  }
});
