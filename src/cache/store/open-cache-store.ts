import type { CacheStore } from './cache-store.ts';
import { createMemoryStore } from './memory/memory-store.ts';
import { createRedisStore } from './redis/redis-store.ts';
import type { CacheStoreOptions } from './store-options.ts';

/** Returns at once, whether Redis can be reached or not. */
export function openCacheStore(options: CacheStoreOptions): CacheStore {
  const { redis } = options;
  return redis === null ? createMemoryStore(options) : createRedisStore({ ...options, redis });
}
