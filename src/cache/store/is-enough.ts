import type { CacheEntry, ClaimTerms, Needed } from './cache-store.ts';

/** Whether an entry is what is claimed, so that nobody has to make it. */
export function isEnough(
  entry: CacheEntry | undefined,
  { storedAfter }: Needed,
  { until, after }: ClaimTerms,
): entry is CacheEntry {
  if (entry === undefined || entry.storedAt <= storedAfter) return false;
  return (until === 'fresh' ? entry.freshUntil : entry.revalidateUntil) > after;
}
