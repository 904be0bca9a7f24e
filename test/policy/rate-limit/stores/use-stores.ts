import type { BucketStore } from '../../../../src/policy/rate-limit/bucket-store.ts';
import { createMemoryStore } from '../../../../src/policy/rate-limit/stores/memory-store.ts';
import { createRedisStore } from '../../../../src/policy/rate-limit/stores/redis-store.ts';
import { type RedisCluster, startRedisCluster } from '../../../storage/redis-cluster.ts';
import { type SentinelPair, startSentinelPair } from '../../../storage/redis-sentinel.ts';
import { type RedisUse, useRedis } from '../../../storage/use-redis.ts';

export interface UsedStore extends AsyncDisposable {
  readonly store: BucketStore;
  /** Moves the time that the store goes by. */
  setNow(now: number): void;
}

export type StoreKind = 'memory' | 'redis' | 'redis-cluster' | 'redis-sentinel';
export const STORE_KINDS: readonly StoreKind[] = ['memory', 'redis', 'redis-cluster', 'redis-sentinel'];

/** Far from where real clocks are, and in the middle of no window. */
export const BEGIN = 1_000_000_000_000;

let cluster: Promise<RedisCluster> | null = null;
let pair: Promise<SentinelPair> | null = null;

/** An empty store whose time is moved by hand. */
export async function useStore(kind: StoreKind): Promise<UsedStore> {
  let now = BEGIN;
  const clock = { now: () => now, elapsed: () => now };
  const setNow = (next: number): void => {
    now = next;
  };
  if (kind === 'memory') {
    return { store: createMemoryStore({ clock }), setNow, [Symbol.asyncDispose]: async () => {} };
  }
  const used = await useRedis(await placeOf(kind));
  return {
    store: createRedisStore(used.redis, { clock }),
    setNow,
    [Symbol.asyncDispose]: () => used[Symbol.asyncDispose](),
  };
}

/** Call it once, after all tests of a file; the next file in the process gets new ones. */
export async function endStores(): Promise<void> {
  const [oldCluster, oldPair] = [cluster, pair];
  cluster = null;
  pair = null;
  await (await oldCluster)?.[Symbol.asyncDispose]();
  await (await oldPair)?.[Symbol.asyncDispose]();
}

async function placeOf(kind: StoreKind): Promise<RedisUse> {
  if (kind === 'redis-cluster') {
    cluster ??= startRedisCluster();
    return { cluster: (await cluster).urls };
  }
  if (kind !== 'redis-sentinel') return {};
  pair ??= startSentinelPair();
  return { sentinel: (await pair).config };
}
