import { expect, test, vi } from 'vitest';
import { PATIENCE } from '../support/patience.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { startRedisProxy } from './redis-proxy.ts';
import { useRedis } from './use-redis.ts';

function listener() {
  const heard: string[] = [];
  const onListening = vi.fn();
  return { heard, onListening, onMessage: (message: string) => void heard.push(message) };
}

test('messages of a channel come to all who listen to it, until they no longer do', async () => {
  await using used = await useRedis();
  const { redis } = used;
  const [a, again, b] = [listener(), listener(), listener()];
  const stop = redis.subscribe('a', a);
  await vi.waitFor(() => expect(a.onListening).toHaveBeenCalled(), PATIENCE);
  const stopAgain = redis.subscribe('a', again);
  redis.subscribe('b', b);
  await vi.waitFor(() => expect(again.onListening).toHaveBeenCalled(), PATIENCE);
  await vi.waitFor(() => expect(b.onListening).toHaveBeenCalled(), PATIENCE);
  await redis.publish('a', 'one');
  await vi.waitFor(() => expect(a.heard).toEqual(['one']), PATIENCE);
  expect(again.heard).toEqual(['one']);
  expect(b.heard).toEqual([]);
  stop();
  await redis.publish('a', 'two');
  await vi.waitFor(() => expect(again.heard).toEqual(['one', 'two']), PATIENCE);
  expect(a.heard).toEqual(['one']);
  stopAgain();
  const listening = async () => (await redis.client.pubsub('NUMSUB', redis.channel('a')))[1];
  await vi.waitFor(async () => expect(await listening()).toBe(0), PATIENCE);
});

test('who listens to a Redis that is not there yet does so when it is, and is told after each loss', async () => {
  await using proxy = await startRedisProxy();
  await proxy.cut();
  await using used = await useRedis({ url: proxy.url, ready: false });
  await using other = await useRedis();
  const publish = (text: string) => other.redis.client.publish(used.redis.channel('a'), text);
  const a = listener();
  used.redis.subscribe('a', a);
  await publish('unheard');
  expect(a.onListening).not.toHaveBeenCalled();
  for (const times of [1, 2]) {
    await proxy.open();
    await vi.waitFor(() => expect(a.onListening).toHaveBeenCalledTimes(times), PATIENCE);
    await publish(`heard ${times}`);
    await vi.waitFor(() => expect(a.heard.at(-1)).toBe(`heard ${times}`), PATIENCE);
    await proxy.cut();
    await publish('unheard');
  }
  expect(a.heard).toEqual(['heard 1', 'heard 2']);
});

test('a connection for messages that is dead without knowing is noticed and made anew', async () => {
  await using proxy = await startRedisProxy();
  await using used = await useRedis({ url: proxy.url });
  const a = listener();
  used.redis.subscribe('a', a);
  await vi.waitFor(() => expect(a.onListening).toHaveBeenCalledTimes(1), PATIENCE);
  proxy.silence();
  await vi.waitFor(() => expect(proxy.taken).toBeGreaterThan(2), PATIENCE);
  proxy.speak();
  await vi.waitFor(() => expect(a.onListening.mock.calls.length).toBeGreaterThan(1), PATIENCE);
});

test('in a cluster what is published by any node is heard', async () => {
  await using cluster = await startRedisCluster();
  await using used = await useRedis({ cluster: cluster.urls });
  const a = listener();
  used.redis.subscribe('a', a);
  await vi.waitFor(() => expect(a.onListening).toHaveBeenCalledTimes(1), PATIENCE);
  for (let i = 0; i < 20; i++) await used.redis.publish('a', `${i}`);
  await vi.waitFor(() => expect(a.heard).toHaveLength(20), PATIENCE);
});

test('after closing nobody listens', async () => {
  await using used = await useRedis();
  const a = listener();
  used.redis.subscribe('a', a);
  await vi.waitFor(() => expect(a.onListening).toHaveBeenCalled(), PATIENCE);
  const channel = used.redis.channel('a');
  await used.redis.close();
  await using other = await useRedis();
  const listening = async () => (await other.redis.client.pubsub('NUMSUB', channel))[1];
  await vi.waitFor(async () => expect(await listening()).toBe(0), PATIENCE);
});
