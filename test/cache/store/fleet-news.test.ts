import { expect, test, vi } from 'vitest';
import { FleetNews } from '../../../src/cache/store/redis/fleet-news.ts';
import { redisNames } from '../../../src/cache/store/redis/names.ts';
import { TagNumbers } from '../../../src/cache/store/tag-numbers.ts';
import type { RedisStorage } from '../../../src/storage/redis.ts';
import type { Listener } from '../../../src/storage/redis-subscriber.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { PATIENCE } from '../../support/patience.ts';

/** News of a Redis that says what it is told to, when it is told to. */
async function useNews(first: number) {
  const listeners: Listener[] = [];
  const answers: number[] = [first];
  const client = { status: 'ready', sendCommand: async () => String(answers.shift()) };
  const redis = {
    client,
    key: (tag: string, name: string) => `p:{${tag}}:${name}`,
    channel: (name: string) => `p:${name}`,
    subscribe(_: string, listener: Listener) {
      listeners.push(listener);
      return () => {};
    },
    write: async (work: (it: typeof client) => Promise<unknown>) => await work(client),
  } as unknown as RedisStorage;
  const numbers = new TagNumbers();
  const onLost = vi.fn();
  const news = new FleetNews({
    redis,
    names: redisNames(redis),
    clock: { now: () => 0, elapsed: () => 0 },
    metrics: createMetrics(),
    numbers,
    onLost,
    onHeard: () => {},
  });
  await vi.waitFor(() => expect(onLost).toHaveBeenCalledTimes(1), PATIENCE);
  onLost.mockClear();
  return {
    news,
    numbers,
    onLost,
    say: (text: string) => listeners[0]?.onMessage(text),
    poll(answer: number) {
      answers.unshift(answer);
      return news.poll();
    },
    [Symbol.dispose]: () => news.close(),
  };
}

test('a message in its turn invalidates its tags and nothing else', async () => {
  using used = await useNews(10);
  used.say('20 10 me ["a"]');
  expect(used.numbers.isValid(['a'], 19)).toBe(false);
  expect(used.numbers.isValid(['b'], 10)).toBe(true);
  expect(used.news.newest).toBe(20);
  expect(used.onLost).not.toHaveBeenCalled();
});

test('a message that is on its way when its number is seen is waited for', async () => {
  using used = await useNews(10);
  const polled = used.poll(20);
  setTimeout(() => used.say('20 10 me ["a"]'), 5);
  await polled;
  expect(used.onLost).not.toHaveBeenCalled();
  expect(used.numbers.isValid(['b'], 10)).toBe(true);
  await used.poll(30);
  expect(used.onLost).toHaveBeenCalledTimes(1);
  expect(used.numbers.isValid(['b'], 29)).toBe(false);
});

test.each(['20 15 me ["a"]', '20 5 me ["a"]', '20 -1 me []'])(
  'a message that does not follow what was heard means that something was lost: %s',
  async text => {
    using used = await useNews(10);
    used.say(text);
    expect(used.onLost).toHaveBeenCalledTimes(1);
    expect(used.numbers.isValid([], 19)).toBe(false);
    expect(used.numbers.isValid(['a'], 20)).toBe(true);
  },
);

test('what was heard already, and what is no message, changes nothing', async () => {
  using used = await useNews(10);
  used.say('20 10 me ["a"]');
  const { revision } = used.numbers;
  for (const text of ['20 10 me ["a"]', '10 5 me ["b"]', '', 'hello', '30 20 me ["a"', '30 20 me [1]']) {
    used.say(text);
  }
  expect(used.numbers.revision).toBe(revision);
  expect(used.onLost).not.toHaveBeenCalled();
});
