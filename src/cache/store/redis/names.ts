import { sha256 } from '../../../shared/hash.ts';
import type { RedisStorage } from '../../../storage/redis.ts';

/** What may stand in a key as it is. Braces would move the key to another slot. */
const PLAIN_KEY = /^[\w.:@/-]{1,128}$/;

/** What a store calls things in Redis. Entries of a cluster are spread over all of its slots. */
export interface RedisNames {
  /** The numbers of invalidations. */
  readonly numbers: string;
  /** For messages about invalidations. */
  readonly channel: string;
  entry(key: string): string;
  lease(key: string): string;
}

export const CHANNEL = 'cache/invalidated';

export function redisNames(redis: RedisStorage): RedisNames {
  const tagOf = (key: string): string => `cache/${PLAIN_KEY.test(key) ? key : `#${sha256(key)}`}`;
  return {
    numbers: redis.key('cache', 'numbers'),
    channel: redis.channel(CHANNEL),
    entry: key => redis.key(tagOf(key), 'entry'),
    lease: key => redis.key(tagOf(key), 'lease'),
  };
}
