import type { CacheEntry, CacheStore } from '../store/cache-store.ts';
import type { KeptPlace } from './kept-selection.ts';

/** An entry where it was found. */
export interface Stored {
  readonly key: string;
  readonly entry: CacheEntry;
  /** A reply has made it this caller's. */
  readonly isPrivate: boolean;
}

interface ReadOptions {
  readonly store: Pick<CacheStore, 'peek' | 'get'>;
  /** Whether it need not be asked for: of others the fleet may have newer ones. */
  readonly isUsed: (entry: CacheEntry, place: KeptPlace) => boolean;
}

type Places = readonly (KeptPlace | null)[];
type Entries = readonly (CacheEntry | undefined)[];

/** Memory first, then all that it does not have with one question. In the order of the places. */
export async function readPlaces(
  places: Places,
  options: ReadOptions,
): Promise<readonly (Stored | undefined)[]> {
  const keys = places.map(place => place?.key ?? null);
  const ownKeys = places.map(place => (place?.selection.privacy.isSeen === true ? place.ownKey() : null));
  const hasOwn = ownKeys.some(key => key !== null);
  const [everybodys, own] = await Promise.all([
    readKeys(places, keys, options),
    hasOwn ? readKeys(places, ownKeys, options) : NONE,
  ]);
  return places.map((_, i) => {
    const [theirs, mine] = [everybodys[i], own[i]];
    if (mine !== undefined && mine.freshUntil >= (theirs?.freshUntil ?? 0))
      return { key: ownKeys[i] as string, entry: mine, isPrivate: true };
    return theirs && { key: keys[i] as string, entry: theirs, isPrivate: false };
  });
}

const NONE: Entries = [];

async function readKeys(
  places: Places,
  keys: readonly (string | null)[],
  { store, isUsed }: ReadOptions,
): Promise<Entries> {
  const entries = keys.map(key => (key === null ? undefined : store.peek(key)));
  const missing = keys.flatMap((key, index) => {
    const [place, entry] = [places[index] ?? null, entries[index]];
    if (key === null || place === null || (entry !== undefined && isUsed(entry, place))) return [];
    return [{ key, index }];
  });
  if (missing.length === 0) return entries;
  const wanted = missing.map(({ key }) => key);
  const read = await store.get(wanted, { pastMemory: true });
  for (const [position, { index }] of missing.entries()) entries[index] = read[position] ?? entries[index];
  return entries;
}
