import type { RedisStorage } from '../../../storage/redis.ts';
import type { CacheEntry, CacheStore, GetOptions } from '../cache-store.ts';
import { decodeEntry, readStoredAt, readTags, readUntil, validAt } from '../entry-codec.ts';
import { EntryMemory } from '../memory/entry-memory.ts';
import { LocalLeases } from '../memory/leases.ts';
import type { CacheStoreOptions } from '../store-options.ts';
import { Availability } from './availability.ts';
import { type ReadEntries, readEntries } from './entry-reader.ts';
import { takeLease } from './fleet-leases.ts';
import { FleetNews } from './fleet-news.ts';
import { Invalidator } from './invalidator.ts';
import { type RedisNames, redisNames } from './names.ts';
import { WriteQueue } from './write-queue.ts';

/** Clocks of instances differ by a little. */
const MOST_AHEAD_MS = 2_000;

type Options = CacheStoreOptions & { readonly redis: RedisStorage };

interface Parts {
  readonly options: Options;
  readonly names: RedisNames;
  readonly memory: EntryMemory;
  readonly news: FleetNews;
  readonly reads: Availability;
  /** Of single keys that are being read: whoever wants one meanwhile has it from there. */
  readonly reading: Map<string, Promise<readonly (CacheEntry | undefined)[]>>;
}

/** A store of a fleet: memory of each process before one Redis, which is the authority on invalidations. */
export function createRedisStore(options: Options): CacheStore {
  const { redis, clock, metrics, logger } = options;
  const names = redisNames(redis);
  const memory = new EntryMemory(options);
  const { numbers } = memory;
  const reads = new Availability({ clock, logger, what: 'reads', patience: 3, longestRestMs: 2_000 });
  // A replica that takes no writes is left for another with each of them, and reads with it.
  const rest = { patience: 1, longestRestMs: 5_000 };
  const writes = new Availability({ clock, logger, what: 'writes', ...rest });
  const leases = new Availability({ clock, logger, what: 'leases', ...rest });
  const queue = new WriteQueue({ redis, clock, metrics, availability: writes });
  const local = new LocalLeases(clock);
  const news: FleetNews = new FleetNews({
    redis,
    names,
    clock,
    metrics,
    numbers,
    onLost: () => memory.clear(),
    onHeard: () => void invalidator.tellRest(),
  });
  const invalidator = new Invalidator({ redis, names, metrics, numbers, news });
  const parts: Parts = { options, names, memory, news, reads, reading: new Map() };
  return {
    peek: key => peek(parts, key),
    get: (keys, how = {}) =>
      how.pastMemory || how.fleetOnly ? readOnce(parts, keys, how) : getAll(parts, keys),
    get validity() {
      return news.isCurrent ? numbers.revision : Number.NaN;
    },
    mark: () => news.newest,
    isValid: (tags, since) => numbers.isValid(tags, since),
    put(key, entry, { memoryOnly = false, fleetOnly = false } = {}) {
      if (memoryOnly) return memory.grow(key, entry);
      const bytes = fleetOnly ? memory.encode(entry) : memory.put(key, entry);
      if (bytes === null || typeof bytes === 'string') return;
      // What names no number would be valid for nobody.
      if (entry.since === 0) metrics.cacheWrite('unavailable');
      else queue.add({ name: names.entry(key), bytes, until: readUntil(bytes) });
    },
    async invalidate(tags) {
      const all = [...new Set(tags)];
      await invalidator.invalidate(all);
      return all.length;
    },
    lease: (key, ms) =>
      takeLease({ redis, availability: leases, local }, { key, ms, name: names.lease(key) }),
    get bytes() {
      return memory.bytes;
    },
    async close() {
      news.close();
      queue.clear();
      memory.clear();
    },
  };
}

function peek({ options, memory, news }: Parts, key: string): CacheEntry | undefined {
  const entry = news.isCurrent ? memory.get(key) : undefined;
  if (entry !== undefined) options.metrics.cacheRead('memory');
  return entry;
}

async function getAll(parts: Parts, keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
  const found = keys.map(key => peek(parts, key));
  const missing = keys.filter((_, i) => found[i] === undefined);
  if (missing.length === 0) return found;
  const fromRedis = await readOnce(parts, missing, {});
  let next = 0;
  return found.map(entry => entry ?? fromRedis[next++]);
}

/** What hundreds of requests want at the same time comes over the wire once. */
function readOnce(
  parts: Parts,
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
  parts: Parts,
  keys: readonly string[],
  { fleetOnly = false }: GetOptions,
): Promise<readonly (CacheEntry | undefined)[]> {
  const { options, names, news, reads } = parts;
  const { redis, metrics } = options;
  const nothing = (): undefined => {
    metrics.cacheRead('unavailable');
  };
  if (reads.isResting) return keys.map(nothing);
  try {
    const { newest, entries } = await readEntries(redis, names, keys);
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

interface Taken {
  /** Null: memory is not to have it. */
  readonly key: string | null;
  readonly read: ReadEntries['entries'][number];
  readonly newest: number;
}

function take({ options, memory, news }: Parts, { key, read, newest }: Taken): CacheEntry | undefined {
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
