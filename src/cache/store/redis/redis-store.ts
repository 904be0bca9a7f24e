import type { RedisStorage } from '../../../storage/redis.ts';
import type { CacheStore } from '../cache-store.ts';
import { readUntil } from '../entry-codec.ts';
import { EntryMemory } from '../memory/entry-memory.ts';
import { LocalLeases } from '../memory/leases.ts';
import type { CacheStoreOptions } from '../store-options.ts';
import { Availability } from './availability.ts';
import { claim } from './claims.ts';
import { ClusterReader } from './cluster-reader.ts';
import { FleetNews } from './fleet-news.ts';
import { Invalidator } from './invalidator.ts';
import { LeaseReturns } from './lease-returns.ts';
import { redisNames } from './names.ts';
import { getAll, peek, type ReadParts, readOnce } from './reads.ts';
import { WriteQueue } from './write-queue.ts';

type Options = CacheStoreOptions & { readonly redis: RedisStorage };

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
  const places = { redis, names, cluster: new ClusterReader(names) };
  const parts: ReadParts = { ...places, options, memory, news, reads, reading: new Map() };
  const returns = new LeaseReturns(redis);
  const claiming = { ...parts, leases, local, queue, returns };
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
      if (memoryOnly) return memory.grow(key, entry) && news.isCurrent;
      const bytes = fleetOnly ? memory.encode(entry) : memory.put(key, entry);
      if (bytes === null || typeof bytes === 'string') return false;
      // What names no number would be valid for nobody.
      if (entry.since === 0) metrics.cacheWrite('unavailable');
      else queue.add({ name: names.entry(key), bytes, until: readUntil(bytes) });
      return !fleetOnly && news.isCurrent;
    },
    async invalidate(tags) {
      const all = [...new Set(tags)];
      await invalidator.invalidate(all);
      return all.length;
    },
    claim: (all, terms) => claim(claiming, all, terms),
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
