import { LONGEST_LIFE_MS } from '../../config/cache.ts';
import type { CachePolicy } from '../policy/cache-policy.ts';
import type { CacheEntry } from '../store/cache-store.ts';

/** Null: nothing is kept. */
export function withFactor(policy: CachePolicy | null, factor: number): CachePolicy | null {
  if (policy === null || factor === 1) return policy;
  const maxAgeMs = Math.min(LONGEST_LIFE_MS, Math.floor(policy.maxAgeMs * factor));
  return maxAgeMs > 0 ? { ...policy, maxAgeMs } : null;
}

export type Lifetime = Pick<CacheEntry, 'storedAt' | 'freshUntil' | 'revalidateUntil' | 'errorUntil'>;

/** When something may no longer be served in each of the ways, ms since the epoch. */
export type Until = Pick<Lifetime, 'freshUntil' | 'revalidateUntil' | 'errorUntil'>;

export const WITHOUT_END: Until = Object.freeze({
  freshUntil: Number.POSITIVE_INFINITY,
  revalidateUntil: Number.POSITIVE_INFINITY,
  errorUntil: Number.POSITIVE_INFINITY,
});

/** The sooner of both in each of the ways. */
export function soonest(one: Until, other: Until): Until {
  return {
    freshUntil: Math.min(one.freshUntil, other.freshUntil),
    revalidateUntil: Math.min(one.revalidateUntil, other.revalidateUntil),
    errorUntil: Math.min(one.errorUntil, other.errorUntil),
  };
}

interface Bounds {
  /** Share of the time in which it is fresh. */
  readonly shortened: number;
  /** Of what it is made of. Absent: as long as declared. */
  readonly until?: Until;
}

/** Where it is fresh for less than declared, stale times begin earlier by that, and end earlier. */
export function lifetimeOf(policy: CachePolicy, now: number, bounds: Bounds): Lifetime {
  const { shortened, until = WITHOUT_END } = bounds;
  const freshUntil = Math.min(until.freshUntil, now + policy.maxAgeMs * (1 - shortened));
  const within = (ms: number, end: number): number => Math.max(freshUntil, Math.min(freshUntil + ms, end));
  return {
    storedAt: now,
    freshUntil,
    revalidateUntil: within(policy.staleWhileRevalidateMs, until.revalidateUntil),
    errorUntil: within(policy.staleIfErrorMs, until.errorUntil),
  };
}

/** The times that an entry was kept with, and no later ones than whoever asks now allows: what he makes of it is bound by both. */
export function untilFor(entry: Lifetime, policy: CachePolicy): Until {
  const { maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs } = policy;
  const freshUntil = entry.storedAt + maxAgeMs;
  return soonest(entry, {
    freshUntil,
    revalidateUntil: freshUntil + staleWhileRevalidateMs,
    errorUntil: freshUntil + staleIfErrorMs,
  });
}

/** What an entry may be served for; each for what is after it, too. */
export type Freshness = 'fresh' | 'revalidated' | 'if-error' | 'over';

/** Whether it is served while there is nothing newer. */
export function isServed(freshness: Freshness): boolean {
  return freshness === 'fresh' || freshness === 'revalidated';
}

/** By the times that it was kept with, and by those of whoever asks now: they may have become shorter. */
export function freshnessOf(entry: CacheEntry, policy: CachePolicy, now: number): Freshness {
  const ownUntil = entry.storedAt + policy.maxAgeMs;
  if (now < Math.min(entry.freshUntil, ownUntil)) return 'fresh';
  if (now < Math.min(entry.revalidateUntil, ownUntil + policy.staleWhileRevalidateMs)) return 'revalidated';
  if (now < Math.min(entry.errorUntil, ownUntil + policy.staleIfErrorMs)) return 'if-error';
  return 'over';
}

/**
 * Whether a fresh entry is to be made anew before its time, so that not all who want it meet its end: the likelier the
 * closer that is, and the longer making it takes (Vattani, Chierichetti and Lowenstein, Optimal Probabilistic Cache
 * Stampede Prevention, 2015).
 */
export function isDueEarly({ costMs, freshUntil }: CacheEntry, now: number, random: number): boolean {
  return now - costMs * Math.log(Math.max(random, Number.MIN_VALUE)) >= freshUntil;
}
