import { sha256 } from '../../../shared/hash.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import type { Bucket, BucketName } from '../bucket.ts';
import type { Settlement, TakeResult } from '../bucket-store.ts';

/** Buckets that one script call can reach. */
export interface CallGroup<T> {
  readonly items: readonly T[];
  /** Where each of them was in what was asked. */
  readonly indices: readonly number[];
}

/** What may stand in a key as it is. Braces would move the key to another slot. */
const PLAIN_OWNER = /^[\w.:@-]{1,64}$/;

/** One group, except on a cluster, where a script has to keep to the keys of one owner. */
export function groupByReach<T>(
  items: readonly T[],
  ownerOf: (item: T) => string,
  isCluster: boolean,
): readonly CallGroup<T>[] {
  if (items.length === 0) return [];
  if (!isCluster) return [{ items, indices: items.map((_, i) => i) }];
  const groups = new Map<string, { items: T[]; indices: number[] }>();
  for (const [i, item] of items.entries()) {
    const owner = ownerOf(item);
    let group = groups.get(owner);
    if (group === undefined) {
      group = { items: [], indices: [] };
      groups.set(owner, group);
    }
    group.items.push(item);
    group.indices.push(i);
  }
  return [...groups.values()];
}

/** Owners who are long or hold anything strange are known by their hash, so that keys stay short and clean. */
export function keyOf(redis: RedisStorage, { plan, owner }: BucketName): string {
  return redis.key(`limit/${PLAIN_OWNER.test(owner) ? owner : `#${sha256(owner)}`}`, plan.key);
}

/** Parts are numbered from 1; 0 is the whole operation. */
export function takeArguments(buckets: readonly Bucket[]): readonly (string | number)[] {
  const parts = new Map<string, number>();
  return buckets.flatMap(({ plan, units, part }) => {
    if (part !== null && !parts.has(part)) parts.set(part, parts.size + 1);
    return [...planArguments(plan), units, part === null ? 0 : (parts.get(part) as number)];
  });
}

export function settleArguments(settlements: readonly Settlement[]): readonly (string | number)[] {
  return settlements.flatMap(({ bucket, units, takenAt }) => [...planArguments(bucket.plan), units, takenAt]);
}

export function readTake(buckets: readonly Bucket[], reply: unknown): TakeResult {
  const [at, isTaken, ...rest] = reply as number[];
  const states = buckets.map((bucket, i) => {
    const [allowed, taken, remaining, resetAfterMs, wait] = rest.slice(i * 5) as unknown as Five;
    return {
      bucket,
      at: at as number,
      isAllowed: allowed === 1,
      isTaken: taken === 1,
      remaining,
      resetAfterMs,
      retryAfterMs: wait === -1 ? null : wait,
    };
  });
  return { isTaken: isTaken === 1, states };
}

export function readStates<T extends BucketName>(buckets: readonly T[], reply: unknown) {
  const [, ...rest] = reply as number[];
  return buckets.map((bucket, i) => ({
    bucket,
    remaining: rest[i * 2] as number,
    resetAfterMs: rest[i * 2 + 1] as number,
  }));
}

type Five = readonly [number, number, number, number, number];

function planArguments({ method, capacity, scale, rate, windowMs }: BucketName['plan']) {
  return [method, capacity, scale, rate, windowMs];
}
