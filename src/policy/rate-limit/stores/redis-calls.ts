import { sha256 } from '../../../shared/hash.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import type { Bucket, BucketName, BucketPlan } from '../bucket.ts';
import type { Settlement, TakeResult } from '../bucket-store.ts';
import { VOID } from './lua/settle.ts';

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

/** What one script call takes for several operations, as `take.ts` reads it. Parts are numbered from 1 in each. */
export function takeArguments(takes: readonly (readonly Bucket[])[]): readonly (string | number)[] {
  const limits = new LimitTable();
  const buckets: number[] = [];
  for (const take of takes) {
    let parts: Map<string, number> | null = null;
    for (const { plan, units, part } of take) {
      let number = 0;
      if (part !== null) {
        parts ??= new Map();
        number = parts.get(part) ?? parts.size + 1;
        parts.set(part, number);
      }
      buckets.push(limits.indexOf(plan), units, number);
    }
  }
  return [takes.map(({ length }) => length).join(), ...limits.arguments(), ...buckets];
}

export function settleArguments(
  settlements: readonly Settlement[],
  isVoid: boolean,
): readonly (string | number)[] {
  const limits = new LimitTable();
  const buckets = settlements.flatMap(({ bucket, units, takenAt }) => [
    limits.indexOf(bucket.plan),
    units,
    takenAt,
  ]);
  return [isVoid ? VOID : '', ...limits.arguments(), ...buckets];
}

/** The limits of one call, each told once: callers differ, but most of them come under the same limits. */
class LimitTable {
  readonly #indices = new Map<BucketPlan, number>();

  indexOf(plan: BucketPlan): number {
    const known = this.#indices.get(plan);
    if (known !== undefined) return known;
    const index = this.#indices.size;
    this.#indices.set(plan, index);
    return index;
  }

  arguments(): readonly (string | number)[] {
    const all: (string | number)[] = [this.#indices.size];
    for (const { method, capacity, scale, rate, windowMs } of this.#indices.keys())
      all.push(method, capacity, scale, rate, windowMs);
    return all;
  }
}

/** What became of each take. */
export function readTakes(takes: readonly (readonly Bucket[])[], reply: unknown): readonly TakeResult[] {
  const numbers = reply as readonly number[];
  const at = numbers[0] as number;
  let next = 1;
  return takes.map(buckets => {
    const isTaken = numbers[next++] === 1;
    const states = buckets.map(bucket => {
      const wait = numbers[next + 4] as number;
      const state = {
        bucket,
        at,
        isAllowed: numbers[next] === 1,
        isTaken: numbers[next + 1] === 1,
        remaining: numbers[next + 2] as number,
        resetAfterMs: numbers[next + 3] as number,
        retryAfterMs: wait === -1 ? null : wait,
      };
      next += 5;
      return state;
    });
    return { isTaken, states };
  });
}

export function readStates<T extends BucketName>(buckets: readonly T[], reply: unknown) {
  const [, ...rest] = reply as number[];
  return buckets.map((bucket, i) => ({
    bucket,
    remaining: rest[i * 2] as number,
    resetAfterMs: rest[i * 2 + 1] as number,
  }));
}
