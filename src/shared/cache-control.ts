import { smaller } from './smaller.ts';

/** What a `cache-control` of a response comes to (RFC 9111, section 5.2.2), as far as it is passed on. */
export interface CacheControl {
  readonly isStored: boolean;
  readonly scope: 'public' | 'private' | null;
  /** Seconds; null: it does not say. */
  readonly maxAge: number | null;
  /** Whether a cache has to ask before it answers: each time, or once it is stale. */
  readonly noCache: boolean;
  readonly mustRevalidate: boolean;
  /** Seconds after `maxAge`; null: it does not say. */
  readonly staleWhileRevalidate: number | null;
  readonly staleIfError: number | null;
}

export const NO_STORE: CacheControl = Object.freeze({
  isStored: false,
  scope: null,
  maxAge: null,
  noCache: false,
  mustRevalidate: false,
  staleWhileRevalidate: null,
  staleIfError: null,
});

export const PRIVATE: CacheControl = Object.freeze({ ...NO_STORE, isStored: true, scope: 'private' });

/** Up to a comma that does not stand in quotes: `no-cache="a, max-age=5"` says nothing of an age. */
const DIRECTIVE = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/gs;
const IS_QUOTED_WELL = /^(?:[^"]|"(?:[^"\\]|\\.)*")*$/s;

/** Null: it says nothing that is known here. A limit for shared caches is taken for one of all. */
export function parseCacheControl(text: string): CacheControl | null {
  // What stands behind a quote that is never closed may be anything.
  if (!IS_QUOTED_WELL.test(text)) return NO_STORE;
  const directives = new Map<string, number | null>();
  for (const directive of text.toLowerCase().match(DIRECTIVE) ?? []) {
    const [name = '', value = ''] = directive.trim().split('=', 2);
    const seconds = secondsOf(value);
    directives.set(name, smaller(directives.get(name) ?? null, seconds));
  }
  const has = (...names: readonly string[]): boolean => names.some(name => directives.has(name));
  if (has('no-store')) return NO_STORE;
  if (!has('public', 'private', 'max-age', 's-maxage', 'no-cache')) return null;
  return {
    isStored: true,
    scope: has('private') ? 'private' : has('public') ? 'public' : null,
    maxAge: smaller(directives.get('max-age') ?? null, directives.get('s-maxage') ?? null),
    noCache: has('no-cache'),
    mustRevalidate: has('must-revalidate', 'proxy-revalidate'),
    staleWhileRevalidate: directives.get('stale-while-revalidate') ?? null,
    staleIfError: directives.get('stale-if-error') ?? null,
  };
}

/** What is left of it for what is so many seconds old (RFC 9111, section 4.2; RFC 5861). */
export function aged(control: CacheControl, seconds: number): CacheControl {
  const { maxAge, staleWhileRevalidate, staleIfError } = control;
  if (maxAge === null || seconds <= 0) return control;
  const left = (time: number | null): number | null =>
    time === null ? null : Math.max(0, time - Math.max(0, seconds - maxAge));
  return {
    ...control,
    maxAge: Math.max(0, maxAge - seconds),
    staleWhileRevalidate: left(staleWhileRevalidate),
    staleIfError: left(staleIfError),
  };
}

/** What does not allow more than either of them. */
export function strictest(one: CacheControl, other: CacheControl): CacheControl {
  if (!one.isStored || !other.isStored) return NO_STORE;
  const scopes = [one.scope, other.scope];
  return {
    isStored: true,
    scope: scopes.includes('private') ? 'private' : scopes.includes(null) ? null : 'public',
    maxAge: smaller(one.maxAge, other.maxAge),
    noCache: one.noCache || other.noCache,
    mustRevalidate: one.mustRevalidate || other.mustRevalidate,
    staleWhileRevalidate: bothAllow(one.staleWhileRevalidate, other.staleWhileRevalidate),
    staleIfError: bothAllow(one.staleIfError, other.staleIfError),
  };
}

export function printCacheControl(control: CacheControl): string {
  if (!control.isStored) return 'no-store';
  const { scope, maxAge, noCache, mustRevalidate, staleWhileRevalidate, staleIfError } = control;
  let text = scope ?? '';
  if (maxAge !== null) text += `, max-age=${maxAge}`;
  if (noCache) text += ', no-cache';
  if (mustRevalidate) text += ', must-revalidate';
  if (staleWhileRevalidate) text += `, stale-while-revalidate=${staleWhileRevalidate}`;
  if (staleIfError) text += `, stale-if-error=${staleIfError}`;
  return scope === null ? text.slice(2) : text;
}

/** A time that cannot be read is over (RFC 9111, section 4.2.1). */
function secondsOf(value: string): number {
  const digits = /^"?(\d{1,9})"?$/.exec(value.trim())?.[1];
  return digits === undefined ? 0 : Number(digits);
}

/** Who does not say does not allow it. */
function bothAllow(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.min(one, other);
}
