import type { CacheStore } from '../cache/store/cache-store.ts';
import { openCacheStore } from '../cache/store/open-cache-store.ts';
import { LastGood } from '../execution/guard/last-good.ts';
import { parseBytes } from '../shared/bytes.ts';
import type { RedisStorage } from '../storage/redis.ts';
import type { Caching } from './caching.ts';
import type { GatewayOptions } from './options.ts';

interface LastGoodParts {
  /** Null: nothing else is kept. */
  readonly caching: Caching | null;
  readonly redis: RedisStorage | null;
}

export interface LastGoods {
  /** The last good values of all generations; opened when one has fields that answer with them. */
  opened(): Promise<LastGood>;
  close(): Promise<void>;
}

/** Memory of a store that is used for what is behind it only. */
const UNUSED_BYTES = parseBytes('1MiB');
const MAX_VALUE_BYTES = parseBytes('1MiB');

/** In memory, and behind it in Redis for all instances. */
export function createLastGoods(options: GatewayOptions, { caching, redis }: LastGoodParts): LastGoods {
  const { execution, cache } = options.config;
  let own: CacheStore | null = null;
  let lastGood: Promise<LastGood> | null = null;
  const open = async (): Promise<LastGood> => {
    if (caching === null && redis !== null)
      own = await openCacheStore({
        ...options,
        maxBytes: UNUSED_BYTES,
        maxEntryBytes: MAX_VALUE_BYTES,
        redis,
      });
    return new LastGood({
      maxWeight: execution.lastGood,
      clock: options.clock,
      random: Math.random,
      store: caching?.store ?? own,
      isShared: redis !== null && (cache?.redis ?? true),
    });
  };
  return {
    opened() {
      lastGood ??= open();
      return lastGood;
    },
    close: async () => own?.close(),
  };
}
