import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { randomId } from '../../src/shared/random-id.ts';
import { REDIS_URL, startRedisProxy } from '../storage/redis-proxy.ts';
import { PATIENCE } from '../support/patience.ts';
import { DOWN, type Shop, startShop } from './failing-shop.ts';

/** Two gateways, each with subgraphs of its own, that have one Redis. */
async function startPair(scope: 'instance' | 'cluster', url = REDIS_URL): Promise<readonly [Shop, Shop]> {
  const prefix = `test-${randomId()}`;
  const listening = scope === 'cluster' ? 2 : 0;
  const start = () =>
    startShop({
      breakers: { scope, default: { minimumCalls: 2, openFor: '5s', probes: 1 } },
      storage: { redis: { url, prefix } },
    });
  const pair = [await start(), await start()] as const;
  await untilListening(`${prefix}:breakers`, listening);
  return pair;
}

/** A subscription that is still to be made would miss what is told. */
async function untilListening(channel: string, expected: number): Promise<void> {
  const redis = new Redis(REDIS_URL);
  await vi.waitFor(
    async () => expect(await redis.pubsub('NUMSUB', channel)).toEqual([channel, expected]),
    PATIENCE,
  );
  redis.disconnect();
}

const code = async (shop: Shop): Promise<unknown> => {
  const { errors } = await shop.ask('{ motto }');
  return errors?.[0]?.extensions['code'];
};

const openInFirst = async (first: Shop): Promise<void> => {
  first.subgraphs.products.respond = DOWN;
  for (let i = 0; i < 2; i++) await code(first);
  expect(await code(first)).toBe('CIRCUIT_OPEN');
};

test('a breaker that opens in one instance opens in all, and closes in all when probes do well', async () => {
  const [first, second] = await startPair('cluster');
  await using _first = first;
  await using _second = second;
  expect(await code(second)).toBeUndefined();
  await openInFirst(first);
  await vi.waitFor(async () => expect(await code(second)).toBe('CIRCUIT_OPEN'), PATIENCE);
  const asked = second.subgraphs.products.requests.length;
  expect(await code(second)).toBe('CIRCUIT_OPEN');
  expect(second.subgraphs.products.requests).toHaveLength(asked);
  // Nothing that comes of a message is told again: each has told what it has found itself.
  const lines = (shop: Shop) =>
    shop.log.filter(({ message }) => message === 'a circuit breaker changed').length;
  expect([lines(first), lines(second)]).toEqual([1, 1]);
  first.subgraphs.products.respond = undefined;
  first.clock.at += 6_500;
  expect(await code(first)).toBeUndefined();
  await vi.waitFor(async () => expect(await code(second)).toBeUndefined(), PATIENCE);
});

test('with the scope of an instance each is alone', async () => {
  const [first, second] = await startPair('instance');
  await using _first = first;
  await using _second = second;
  await openInFirst(first);
  await new Promise(done => setTimeout(done, 100));
  expect(await code(second)).toBeUndefined();
});

test('without its Redis each goes on alone', async () => {
  await using proxy = await startRedisProxy();
  const [first, second] = await startPair('cluster', proxy.url);
  await using _first = first;
  await using _second = second;
  await proxy.cut();
  await openInFirst(first);
  expect(await code(second)).toBeUndefined();
});
