import { expect, test, vi } from 'vitest';
import { Refreshes } from '../../../src/cache/freshness/refreshes.ts';
import { startRedisProxy } from '../../storage/redis-proxy.ts';
import { entry } from '../store/contract.ts';
import { PATIENCE, useMemoryStore, useRedisStore } from '../store/use-stores.ts';

test('what was made anew is in Redis before anybody else may make it', async () => {
  await using proxy = await startRedisProxy();
  await using use = await useRedisStore({ url: proxy.url });
  const { store } = use;
  const sent: string[] = [];
  proxy.watch(command => {
    const key = command.find(argument => /:(entry|lease)$/.test(argument));
    if (key !== undefined) sent.push(`${command[0]} ${key.split(':').at(-1)}`);
  });
  await new Refreshes(store).run([{ key: 'k', storedAt: 0 }], async () => {
    store.put('k', entry(use, { tags: ['t'] }));
  });
  await vi.waitFor(() => expect(sent.filter(one => one.endsWith('lease'))).toHaveLength(1), PATIENCE);
  // Looked for and claimed, kept, given back.
  expect(sent).toEqual(['evalsha entry', 'set entry', 'evalsha lease']);
});

test.each([
  ['is made anew', 0, 1],
  ['was made anew since, is not', 1, 0],
])('what was found to be stale and %s', async (_, later, times) => {
  await using use = await useMemoryStore();
  const { store } = use;
  const found = entry(use);
  // By the time that the limits have answered.
  store.put('k', { ...found, storedAt: found.storedAt + later });
  const work = vi.fn(async () => {});
  await new Refreshes(store).run([{ key: 'k', storedAt: found.storedAt }], work);
  expect(work).toHaveBeenCalledTimes(times);
});
