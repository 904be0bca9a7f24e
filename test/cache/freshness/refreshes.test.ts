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
  const isReleased = () => expect(sent.filter(one => one.endsWith('lease'))).toHaveLength(2);
  await vi.waitFor(isReleased, PATIENCE);
  expect(sent.indexOf('set entry')).toBeGreaterThan(sent.indexOf('set lease'));
  expect(sent.indexOf('set entry')).toBeLessThan(sent.findLastIndex(one => one.endsWith('lease')));
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
