import type { HeaderPolicy } from './cache-control-header.ts';
import type { CachePolicy } from './cache-policy.ts';

/**
 * What a declared policy and an answer's own headers leave: the stricter of both. A header can shorten what is declared,
 * and make it private; it makes nothing keepable that is not declared so. Without a header the declared one holds.
 */
export function withHeader(declared: CachePolicy | null, header: HeaderPolicy | null): CachePolicy | null {
  if (declared === null || header === null) return declared;
  if (!header.isKeepable) return null;
  const lifeMs = Math.min(declared.maxAgeMs, header.maxAgeMs ?? declared.maxAgeMs);
  const maxAgeMs = lifeMs - header.ageMs;
  if (maxAgeMs <= 0) return null;
  // From where the shorter time ends: what one of them allows after a longer time ends no earlier.
  const window = (declaredMs: number, saidMs: number | null) => Math.min(declaredMs, saidMs ?? declaredMs);
  return Object.freeze({
    maxAgeMs,
    scope: header.scope === 'PRIVATE' ? 'PRIVATE' : declared.scope,
    staleWhileRevalidateMs: window(declared.staleWhileRevalidateMs, header.staleWhileRevalidateMs),
    staleIfErrorMs: window(declared.staleIfErrorMs, header.staleIfErrorMs),
  });
}
