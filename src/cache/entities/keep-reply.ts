import type { Clock } from '../../shared/clock.ts';
import type { Json } from '../../shared/json.ts';
import { lifetimeOf } from '../freshness/lifetime.ts';
import { type HeaderPolicy, policyOfReply } from '../policy/cache-control-header.ts';
import type { CachePolicy } from '../policy/cache-policy.ts';
import { withHeader } from '../policy/merge-policies.ts';
import type { CacheStore } from '../store/cache-store.ts';
import type { CachedReply, KeptReplyHeaders } from './fetch-caching.ts';
import { isNothing, type KeptPlace, tagsOfPlace } from './kept-selection.ts';
import { writeHeaders } from './reply-headers.ts';
import { readReplyTags } from './reply-tags.ts';

export interface KeepOptions {
  readonly store: CacheStore;
  readonly clock: Clock;
  readonly random: () => number;
  /** How long it is kept that there is nothing, ms. */
  readonly negativeMs: number;
  /** Share by which lifetimes are shortened at most. */
  readonly jitter: number;
  /** How long values are kept at most, ms; null: as long as replies say. */
  readonly longestMs: number | null;
  /** Larger values are not kept. */
  readonly maxEntryBytes: number;
  /** What of a reply's headers is kept beside each value; null: nothing of that reply is to be kept. */
  readonly keepHeaders: (headers: CachedReply['headers']) => KeptReplyHeaders | null;
}

interface PlacedValue {
  readonly place: KeptPlace | null;
  readonly value: Json;
}

/** A place, and the key under which what belongs there is kept: that of all, or the caller's own. */
interface KeptAt {
  readonly place: KeptPlace;
  readonly keptAt: string;
}

/**
 * Puts what may be kept of a reply into the store. Values are written at once, as whoever has them changes them.
 * @returns the places of what is found from now on, with where it is
 */
export function keepReply(
  values: readonly PlacedValue[],
  reply: CachedReply,
  options: KeepOptions,
): readonly KeptAt[] {
  const { store, clock, random } = options;
  const { headers, begun, isOneList } = reply;
  const header = policyOfReply(headers, options.longestMs);
  if (reply.status !== 200 || header?.isKeepable === false) return NOTHING;
  const tagsOfReply = readReplyTags(reply.extensions, isOneList ? values.length : -1);
  const keptHeaders = options.keepHeaders(headers);
  if (tagsOfReply === null || keptHeaders === null) return NOTHING;
  const kept: KeptAt[] = [];
  const ownParts = writeHeaders(keptHeaders);
  const now = clock.now();
  const costMs = Math.max(0, clock.elapsed() - begun.startedAt);
  for (const [position, { place, value }] of values.entries()) {
    const policy = place === null ? null : policyFor(place, value, { header, options });
    if (place === null || policy === null) continue;
    const [tags, key] = [tagsOfPlace(place, value), keyFor(place, policy)];
    // What reaches it with a status of 200 and no errors need not be what was asked for.
    if (tags === null || key === null || !place.selection.fits(value)) continue;
    const bytes = bytesOf(value);
    if (bytes === null || sizeOf(bytes, ownParts) > options.maxEntryBytes) continue;
    const isKept = store.put(key, {
      ...lifetimeOf(policy, now, { shortened: options.jitter * random() }),
      parts: [bytes, ...ownParts],
      costMs,
      tags: [...new Set([...tags, ...tagsOfReply(position)])],
      since: begun.since,
    });
    if (isKept) kept.push({ place, keptAt: key });
  }
  return kept;
}

const NOTHING: readonly KeptAt[] = [];

interface Terms {
  readonly header: HeaderPolicy | null;
  readonly options: Pick<KeepOptions, 'negativeMs'>;
}

function policyFor(
  { policy: declared, selection }: KeptPlace,
  value: Json,
  { header, options }: Terms,
): CachePolicy | null {
  const policy = withHeader(declared, header);
  if (policy === null) return null;
  if (!isNothing(selection, value)) return policy;
  const maxAgeMs = Math.min(policy.maxAgeMs, options.negativeMs);
  return maxAgeMs > 0 ? { ...policy, maxAgeMs, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 } : null;
}

/** Null: nowhere. What a reply makes private nobody else may find. */
function keyFor(place: KeptPlace, { scope }: CachePolicy): string | null {
  if (scope === place.policy.scope) return place.key;
  place.selection.privacy.isSeen = true;
  return place.ownKey();
}

function sizeOf(bytes: Buffer, others: readonly Buffer[]): number {
  return others.reduce((sum, { length }) => sum + length, bytes.length);
}

/** Null for what is too deep to be written. */
function bytesOf(value: Json): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(value));
  } catch {
    return null;
  }
}
