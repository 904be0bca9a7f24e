import { LONGEST_LIFE_MS } from '../../config/cache.ts';
import { smaller } from '../../shared/smaller.ts';
import type { CacheScope } from './cache-policy.ts';

/** What a subgraph's answer says of itself; null where it says nothing. */
export interface HeaderPolicy {
  readonly isKeepable: boolean;
  readonly scope: CacheScope | null;
  readonly maxAgeMs: number | null;
  readonly staleWhileRevalidateMs: number | null;
  readonly staleIfErrorMs: number | null;
  /** How old the answer is already. */
  readonly ageMs: number;
}

/** As Node and undici give a header: several of one name are a list. */
export type HeaderValue = string | readonly string[] | undefined;

/** More is taken for garbage. */
const LONGEST = 4_096;

/** A directive and what is behind it (RFC 9111, section 5.2), or nothing: lists may have empty elements. */
const DIRECTIVE =
  /[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)"))?[ \t]*)?(?:,|$)/y;

/** What cannot be read must not be kept: who wrote it meant something. */
const UNKEEPABLE: HeaderPolicy = Object.freeze({
  isKeepable: false,
  scope: null,
  maxAgeMs: null,
  staleWhileRevalidateMs: null,
  staleIfErrorMs: null,
  ageMs: 0,
});

const SAYS_NOTHING: HeaderPolicy = Object.freeze({ ...UNKEEPABLE, isKeepable: true });

/**
 * Reads `Cache-Control` and `Age` of an answer, as a shared cache does (RFC 9111, sections 4.2 and 5; RFC 5861). Never
 * throws. `no-cache` is not kept, since nothing here asks whether it still holds.
 */
export function readCacheControl(cacheControl: HeaderValue, age?: HeaderValue): HeaderPolicy | null {
  if (cacheControl === undefined && age === undefined) return null;
  const directives = readDirectives(joined(cacheControl));
  const ageMs = age === undefined ? 0 : readSeconds(joined(age).trim());
  if (directives === null || ageMs === null) return UNKEEPABLE;
  if (directives.has('no-store') || directives.has('no-cache')) return UNKEEPABLE;
  const isPrivate = directives.has('private');
  const times = ['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'].map(name =>
    smallestOf(directives.get(name)),
  );
  if (times.includes('unreadable')) return UNKEEPABLE;
  const [maxAge = null, shared = null, revalidate = null, error = null] = times as (number | null)[];
  const isRevalidated = directives.has('must-revalidate') || directives.has('proxy-revalidate');
  return Object.freeze({
    isKeepable: true,
    scope: scopeOf(isPrivate, directives.has('public')),
    maxAgeMs: isPrivate ? smaller(maxAge, shared) : (shared ?? maxAge),
    staleWhileRevalidateMs: isRevalidated ? 0 : revalidate,
    staleIfErrorMs: isRevalidated ? 0 : error,
    ageMs,
  });
}

/**
 * What a reply says of itself. `Vary: *` (RFC 9111, 4.1): it is nobody else's. Other names are part of each key already.
 * @param longestMs what holds where it says more, or nothing; null: what it says
 */
export function policyOfReply(
  headers: Readonly<Record<string, HeaderValue>>,
  longestMs: number | null,
): HeaderPolicy | null {
  if (joined(headers['vary']).includes('*')) return UNKEEPABLE;
  const said = readCacheControl(headers['cache-control'], headers['age']);
  if (longestMs === null) return said;
  const { maxAgeMs, ...others } = said ?? SAYS_NOTHING;
  return { ...others, maxAgeMs: smaller(maxAgeMs, longestMs) };
}

function joined(value: HeaderValue): string {
  return typeof value === 'string' ? value : (value ?? []).join(', ');
}

/** Name in lower case → what is behind it, wherever it stands; null for what is no list of directives. */
function readDirectives(text: string): ReadonlyMap<string, readonly (string | null)[]> | null {
  if (text.length > LONGEST) return null;
  const directives = new Map<string, (string | null)[]>();
  DIRECTIVE.lastIndex = 0;
  while (DIRECTIVE.lastIndex < text.length) {
    const found = DIRECTIVE.exec(text);
    if (found === null) return null;
    const [, name, token, quoted] = found;
    if (name === undefined) continue;
    const values = directives.get(name.toLowerCase()) ?? [];
    directives.set(name.toLowerCase(), [...values, token ?? quoted ?? null]);
  }
  return directives;
}

/** Where a directive is given twice the stricter one holds. */
function smallestOf(values: readonly (string | null)[] | undefined): number | null | 'unreadable' {
  let smallest: number | null = null;
  for (const value of values ?? []) {
    const ms = value === null ? null : readSeconds(value);
    if (ms === null) return 'unreadable';
    smallest = smaller(smallest, ms);
  }
  return smallest;
}

function readSeconds(text: string): number | null {
  return /^\d+$/.test(text) ? Math.min(Number(text) * 1_000, LONGEST_LIFE_MS) : null;
}

function scopeOf(isPrivate: boolean, isPublic: boolean): CacheScope | null {
  if (isPrivate) return 'PRIVATE';
  return isPublic ? 'PUBLIC' : null;
}
