import type { CacheEntry, GetOptions } from '../cache-store.ts';
import { decodeEntry, readStoredAt, readTags, readUntil, validAt } from '../entry-codec.ts';
import type { EntryMemory } from '../memory/entry-memory.ts';
import type { CacheStoreOptions } from '../store-options.ts';
import type { Availability } from './availability.ts';
import { type EntryPlaces, readEntries } from './entry-reader.ts';
import type { ReadEntry } from './entry-verdict.ts';
import type { FleetNews } from './fleet-news.ts';

/** Clocks of instances differ by a little. */
const MOST_AHEAD_MS = 2_000;

export interface ReadParts extends EntryPlaces {
  readonly options: CacheStoreOptions;
  readonly memory: EntryMemory;
  readonly news: FleetNews;
  readonly reads: Availability;
  /** Of single keys that are being read: whoever wants one meanwhile has it from there. */
  readonly reading: Map<string, Promise<readonly (CacheEntry | undefined)[]>>;
}

/** See CacheStore. */
export function peek({ options, memory, news }: ReadParts, key: string): CacheEntry | undefined {
  const entry = news.isCurrent ? memory.get(key) : undefined;
  if (entry !== undefined) options.metrics.cacheRead('memory');
  return entry;
}

/** Memory, then Redis. */
export async function getAll(
  parts: ReadParts,
  keys: readonly string[],
): Promise<readonly (CacheEntry | undefined)[]> {
  const found = keys.map(key => peek(parts, key));
  const missing = keys.filter((_, i) => found[i] === undefined);
  if (missing.length === 0) return found;
  const fromRedis = await readOnce(parts, missing, {});
  let next = 0;
  return found.map(entry => entry ?? fromRedis[next++]);
}

/** Past memory. What hundreds of requests want at the same time comes over the wire once. */
export function readOnce(
  parts: ReadParts,
  keys: readonly string[],
  how: GetOptions,
): Promise<readonly (CacheEntry | undefined)[]> {
  const [key] = keys;
  if (key === undefined || keys.length > 1 || how.fleetOnly) return readAll(parts, keys, how);
  const { reading } = parts;
  const running = reading.get(key);
  if (running !== undefined) return running;
  const read = readAll(parts, keys, how).finally(() => reading.delete(key));
  reading.set(key, read);
  return read;
}

async function readAll(
  parts: ReadParts,
  keys: readonly string[],
  { fleetOnly = false }: GetOptions,
): Promise<readonly (CacheEntry | undefined)[]> {
  const { options, news, reads } = parts;
  const { metrics } = options;
  const nothing = (): undefined => {
    metrics.cacheRead('unavailable');
  };
  if (reads.isResting) return keys.map(nothing);
  try {
    const { newest, entries } = await readEntries(parts, keys);
    reads.succeeded();
    news.saw(newest);
    return entries.map((read, i) =>
      take(parts, { key: fleetOnly ? null : (keys[i] as string), read, newest }),
    );
  } catch (error) {
    reads.failed(error);
    return keys.map(nothing);
  }
}

export interface Taken {
  /** Null: memory is not to have it. */
  readonly key: string | null;
  readonly read: ReadEntry;
  readonly newest: number;
}

/** What was read, if it is to be used. */
export function take(
  { options, memory, news }: ReadParts,
  { key, read, newest }: Taken,
): CacheEntry | undefined {
  const { clock, metrics } = options;
  if (typeof read === 'string') {
    metrics.cacheRead(read);
    return undefined;
  }
  // News may have come in the meantime, and Redis keeps entries by a clock of its own.
  const isValid = memory.numbers.isValid(readTags(read).tags, newest);
  const now = clock.now();
  // By the clock of who wrote it, it would be taken for fresh for longer than it is.
  const isAhead = readStoredAt(read) > now + MOST_AHEAD_MS;
  if (!isValid || isAhead || readUntil(read) <= now) {
    metrics.cacheRead(isValid ? 'miss' : 'invalidated');
    return undefined;
  }
  metrics.cacheRead('redis');
  // What Redis would not take is newer here, and what it has too may be in further forms here.
  const known = key !== null && news.isCurrent ? memory.get(key) : undefined;
  if (known !== undefined && known.storedAt >= readStoredAt(read)) return known;
  const bytes = validAt(read, newest);
  if (key !== null) memory.fill(key, bytes);
  return decodeEntry(bytes);
}
