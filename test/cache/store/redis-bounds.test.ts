import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { startRedisServer } from '../../storage/redis-server.ts';
import { entry } from './contract.ts';
import { leaseOf } from './lease-of.ts';
import { PATIENCE, useRedisStore } from './use-stores.ts';

const WALKS = ['keys', 'scan', 'smembers', 'hgetall', 'sscan', 'hscan', 'zscan', 'flushdb', 'flushall'];

test('nothing is looked for in Redis, and all that is put there ends by itself but the numbers, which are few', async () => {
  await using server = await startRedisServer();
  await using use = await useRedisStore({ url: server.url, prefix: 'test-bounds' });
  const { store } = use;
  await use.used.redis.client.config('RESETSTAT');
  for (let i = 0; i < 200; i++) store.put(`k${i}`, entry(use, { tags: ['all', `t${i}`] }));
  await vi.waitFor(async () => expect(await use.count('writes_total', 'written')).toBe(200), PATIENCE);
  const lease = await leaseOf(store, 'lease', 10_000);
  for (let i = 0; i < 50; i++) await store.invalidate([`t${i}`, 'again']);
  await store.invalidate(['all']);
  await store.get(Array.from({ length: 200 }, (_, i) => `k${i}`));
  const stats = await use.used.redis.client.info('commandstats');
  expect(stats).toContain('cmdstat_zadd');
  for (const command of WALKS) expect(stats).not.toContain(`cmdstat_${command}:`);

  await using client = Object.assign(new Redis(server.url), {
    async [Symbol.asyncDispose]() {
      await client.quit();
    },
  });
  const keys = await client.keys('*');
  const lasting: string[] = [];
  for (const key of keys) if ((await client.pttl(key)) < 0) lasting.push(key);
  // Each tag once, however often it was invalidated; the newest number and the floor; whose they are, and since when.
  expect(lasting).toHaveLength(1);
  expect(await client.zcard(lasting[0] ?? '')).toBe(50 + 2 + 2 + 3);
  expect(keys.length).toBeGreaterThan(200);
  lease?.release();
});
