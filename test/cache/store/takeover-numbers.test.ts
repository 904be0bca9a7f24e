import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { INVALIDATE, NEWER, POLL } from '../../../src/cache/store/redis/lua.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { createRedisScript } from '../../../src/storage/redis-script.ts';
import { startRedisServer } from '../../storage/redis-server.ts';
import { type RedisUse, useRedis } from '../../storage/use-redis.ts';

const [invalidateScript, pollScript, newerScript] = [INVALIDATE, POLL, NEWER].map(createRedisScript);

/** A server's numbers, as gateways ask for them. */
async function useNumbers(use: RedisUse = {}) {
  const used = await useRedis(use);
  const { client, key } = used.redis;
  const numbers = key('cache', 'numbers');
  return {
    client,
    numbers,
    async invalidate(...tags: string[]): Promise<number> {
      return Number(await invalidateScript?.run(client, [numbers], ['channel', 'me', '[]', ...tags]));
    },
    async poll(seen: number | readonly number[], asked: Redis = client as Redis): Promise<number> {
      return Number(await pollScript?.run(asked, [numbers], ['channel', 'me', 0, ...[seen].flat()]));
    },
    async newer(after: number): Promise<unknown> {
      return newerScript?.run(client, [numbers], [after, 1_000]);
    },
    /** As if another had given what there is. */
    async takeOver(): Promise<void> {
      await client.zadd(numbers, 1, 'server');
    },
    [Symbol.asyncDispose]: () => used[Symbol.asyncDispose](),
  };
}

test('a server that has taken over gives up what it has if somebody has seen what it lacks, and only once', async () => {
  await using of = await useNumbers();
  const last = await of.invalidate('a');
  await of.takeOver();
  const lost = last + 5_000_000;
  const first = await of.invalidate('b');
  expect(first).toBeGreaterThan(lost);
  for (const seen of [0, last, first, [first, last]]) expect(await of.poll(seen)).toBe(first);
  // Whoever has seen what came after it, too.
  const givenUp = await of.poll([first, lost]);
  expect(givenUp).toBeGreaterThan(first);
  for (const seen of [lost, lost - 1, first, givenUp]) expect(await of.poll(seen)).toBe(givenUp);
  // What the other was told by those who could not see yet that it was replaced.
  const again = await of.poll(lost + 1);
  expect(again).toBeGreaterThan(givenUp);
  expect(await of.poll(lost + 1)).toBe(again);
  expect(await of.invalidate('c')).toBeGreaterThan(again);
});

test('one that has not lost anything gives up nothing, and is told of it like any other', async () => {
  await using of = await useNumbers();
  const last = await of.invalidate('a');
  await of.takeOver();
  for (const seen of [0, last - 1, last]) expect(await of.poll(seen)).toBe(last);
  const [, floor] = (await of.newer(0)) as string[];
  const next = await of.invalidate('b');
  expect(await of.newer(last)).toEqual([String(next), floor, '0', ':b', String(next)]);
  // Whoever has seen more than it could have given by then.
  expect(await of.poll(next + 1)).toBeGreaterThan(next);
});

test('one that does not say who it is keeps numbers all the same', async () => {
  await using of = await useNumbers();
  const { client } = of;
  const username = `u-${randomId()}`;
  await client.acl('SETUSER', username, 'on', 'nopass', '~*', '&*', '+@all', '-info');
  const { host, port } = (client as Redis).options;
  const other = new Redis({
    host: host as string,
    port: port as number,
    username,
    password: 'any',
    enableReadyCheck: false,
  });
  const began = await of.poll(0, other);
  expect(began).toBeGreaterThan(0);
  expect(await of.poll(began, other)).toBe(began);
  expect(await of.poll(began + 1, other)).toBeGreaterThan(began + 1);
  await other.quit();
  await client.acl('DELUSER', username);
});

test('one that takes no writes says the newest number all the same', async () => {
  await using server = await startRedisServer();
  await using of = await useNumbers({ url: server.url });
  const last = await of.invalidate('a');
  await of.takeOver();
  await of.client.config('SET', 'min-replicas-to-write', 1);
  expect(await of.poll(last)).toBe(last);
  await expect(of.poll(last + 1)).rejects.toThrow('NOREPLICAS');
});
