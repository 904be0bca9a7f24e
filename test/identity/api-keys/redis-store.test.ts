import { expect, test, vi } from 'vitest';
import { createRedisStore } from '../../../src/identity/api-keys/redis-store.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { useRedis } from '../../storage/use-redis.ts';
import { makeKey } from './keys.ts';

test.each([
  ['no JSON', () => '{'],
  ['nothing of a record', () => 'null'],
  ['a record of another id', () => JSON.stringify(makeKey().record)],
  ['a record that lacks its hash', (id: string) => JSON.stringify({ ...makeKey().record, id, hash: '' })],
])('what is found under an id is no key when it is %s', async (_title, value) => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis, systemClock);
  const { id } = makeKey().record;
  await used.redis.client.hset(used.redis.key('apikeys', 'records'), id, value(id));
  await expect(store.find(id)).rejects.toThrow(id);
  await expect(store.list()).rejects.toThrow(id);
  // Whatever it is, it can be revoked.
  expect(await store.revoke(id)).toBe(true);
});

test('keys are listed in steps, and Redis is never asked for all at once', async () => {
  await using used = await useRedis();
  const store = createRedisStore(used.redis, systemClock);
  const texts = Array.from({ length: 1_500 }, () => makeKey().record);
  const fields = texts.flatMap(record => [record.id, JSON.stringify(record)]);
  await used.redis.client.hset(used.redis.key('apikeys', 'records'), ...fields);
  const sent = vi.spyOn(used.redis.client, 'sendCommand');
  expect(await store.list()).toHaveLength(1_500);
  const names = sent.mock.calls.map(([command]) => command.name);
  expect(names.filter(name => name === 'hscan').length).toBeGreaterThan(1);
  expect([...new Set(names)].sort()).toEqual(['hmget', 'hscan']);
});
