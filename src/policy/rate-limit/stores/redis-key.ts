import { sha256 } from '../../../shared/hash.ts';
import { Lru } from '../../../shared/lru.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import type { BucketName } from '../bucket.ts';

/** What may stand in a key as it is. Braces would move the key to another slot. */
const PLAIN_OWNER = /^[\w.:@-]{1,64}$/;

/** Owners whose tag is remembered: a hash is dearer than all else that a key takes. */
const MAX_REMEMBERED = 10_000;

export type KeyOf = (bucket: BucketName) => string;

/** Where Redis has a bucket. Owners who are long or hold anything strange are known by their hash, so that keys stay short and clean. */
export function bucketKeys(redis: Pick<RedisStorage, 'key'>): KeyOf {
  const tags = new Lru<string, string>(MAX_REMEMBERED);
  return ({ plan, owner }) => {
    let tag = tags.get(owner);
    if (tag === undefined) {
      tag = `limit/${PLAIN_OWNER.test(owner) ? owner : `#${sha256(owner)}`}`;
      tags.set(owner, tag);
    }
    return redis.key(tag, plan.key);
  };
}
