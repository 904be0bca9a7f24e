import { afterAll, describe } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../../storage/redis-cluster.ts';
import { describeStore } from './contract.ts';
import { useRedisStore } from './use-stores.ts';

let cluster: Promise<RedisCluster> | null = null;

afterAll(async () => {
  await (await cluster)?.[Symbol.asyncDispose]();
});

describe('a store on Redis', () => describeStore(() => useRedisStore()));

describe('a store on a cluster', () =>
  describeStore(async () => {
    cluster ??= startRedisCluster();
    return useRedisStore({ cluster: (await cluster).urls });
  }));
