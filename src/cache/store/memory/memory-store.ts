import type { CacheStore } from '../cache-store.ts';
import { isEnough } from '../is-enough.ts';
import type { CacheStoreOptions } from '../store-options.ts';
import { EntryMemory } from './entry-memory.ts';
import { LocalLeases } from './leases.ts';

/** A store of one process, which is its own authority on invalidations. */
export function createMemoryStore(options: Omit<CacheStoreOptions, 'redis' | 'logger'>): CacheStore {
  const { clock, metrics } = options;
  const memory = new EntryMemory(options);
  const leases = new LocalLeases(clock);
  let number = 1;
  const peek: CacheStore['peek'] = key => {
    const entry = memory.get(key);
    if (entry !== undefined) metrics.cacheRead('memory');
    return entry;
  };
  return {
    peek,
    get: async (keys, { fleetOnly = false } = {}) =>
      keys.map(key => {
        if (fleetOnly) return undefined;
        const entry = peek(key);
        if (entry === undefined) metrics.cacheRead('miss');
        return entry;
      }),
    get validity() {
      return memory.numbers.revision;
    },
    mark: () => number,
    isValid: (tags, since) => memory.numbers.isValid(tags, since),
    put(key, entry, { fleetOnly = false, memoryOnly = false } = {}) {
      if (fleetOnly) return false;
      return memoryOnly ? memory.grow(key, entry) : memory.put(key, entry) !== null;
    },
    async invalidate(tags) {
      const all = [...new Set(tags)];
      memory.numbers.set(all, ++number);
      metrics.cacheInvalidated('here', all.length);
      return all.length;
    },
    claim: async (all, terms) =>
      all.map(needed => {
        // Not counted: whoever claims has looked there before.
        const entry = memory.get(needed.key);
        const isOver = isEnough(entry, needed, terms);
        return { entry, isEnough: isOver, lease: isOver ? null : leases.take(needed.key, terms.leaseMs) };
      }),
    get bytes() {
      return memory.bytes;
    },
    close: async () => memory.clear(),
  };
}
