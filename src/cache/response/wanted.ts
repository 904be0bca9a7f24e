import type { CachePolicy } from '../policy/cache-policy.ts';
import type { Privacy } from '../policy/privacy.ts';
import { responseKey } from './response-key.ts';

/** An operation of a caller. */
export interface Wanted {
  /** All that its answer depends on; see `writeIdentity`. */
  readonly identity: string;
  /** Declared. */
  readonly policy: CachePolicy;
  /** Of the answer, once it is there. */
  readonly tagsOf: (data: string) => readonly string[];
  /** Where it is kept if it is declared to be everybody's, and replies make it this caller's. Null: nowhere. */
  readonly own: { readonly privacy: Privacy; identity(): string | null } | null;
}

export interface Cacheable extends Wanted {
  readonly key: string;
}

/** Whether a reply has made one of its answers the caller's own: then there are two places. */
export function mayBeOwn<T extends Wanted>(
  wanted: T,
): wanted is T & { readonly own: NonNullable<Wanted['own']> } {
  return wanted.own?.privacy.isSeen === true;
}

/** Null: nowhere. What a reply makes private nobody else may find. */
export function keyFor({ key, policy: declared, own }: Cacheable, { scope }: CachePolicy): string | null {
  if (scope === declared.scope) return key;
  if (own === null) return null;
  own.privacy.isSeen = true;
  const identity = own.identity();
  return identity === null ? null : responseKey(identity);
}
