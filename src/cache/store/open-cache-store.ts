import type { CacheStore } from './cache-store.ts';
import { createMemoryStore } from './memory/memory-store.ts';
import type { CacheStoreOptions } from './store-options.ts';

/** Does not wait for Redis: it may be there or not. */
export async function openCacheStore(options: CacheStoreOptions): Promise<CacheStore> {
  const { redis } = options;
  if (redis === null) return createMemoryStore(options);
  const { createRedisStore } = await import('./redis/redis-store.ts');
  return createRedisStore({ ...options, redis });
}
