import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { type RedisServer, startRedisServer } from '../storage/redis-server.ts';
import { type Respond, sendJson } from '../support/fake-subgraph.ts';
import type { GatewayProcess } from '../support/start-gateway-process.ts';
import { type Fleet, startFleet } from './versioned-fleet.ts';

const PATIENCE = { timeout: 15_000, interval: 10 };

const DOWN: Respond = (_seen, response) => sendJson(response, { errors: [{ message: 'down' }] }, 503);

const code = async (gateway: GatewayProcess): Promise<unknown> =>
  ((await gateway.ask('{ slogan }')).body.errors?.[0]?.extensions as { code?: unknown } | undefined)?.code;

/** As operators are told. */
async function stateOf({ admin }: GatewayProcess): Promise<unknown> {
  const { breakers } = (await (await fetch(`${admin}/breakers`)).json()) as {
    breakers: readonly { readonly coordinate: string; readonly state: string }[];
  };
  return breakers.find(({ coordinate }) => coordinate === 'Query.slogan')?.state;
}

/** A subscription that is still to be made would miss what is told. */
async function untilListening({ url }: RedisServer, { prefix }: Fleet): Promise<void> {
  const redis = new Redis(url);
  const channel = `${prefix}:breakers`;
  await vi.waitFor(async () => expect(await redis.pubsub('NUMSUB', channel)).toEqual([channel, 2]), PATIENCE);
  await redis.quit();
}

async function openIn(gateway: GatewayProcess, { subgraph }: Fleet): Promise<void> {
  subgraph.respond = DOWN;
  for (let i = 0; i < 2; i++) expect(await code(gateway)).toBe('SUBGRAPH_UNAVAILABLE');
  expect(await code(gateway)).toBe('CIRCUIT_OPEN');
}

async function closeIn(gateway: GatewayProcess, { subgraph }: Fleet): Promise<void> {
  subgraph.respond = undefined;
  await vi.waitFor(async () => expect(await code(gateway)).toBeUndefined(), PATIENCE);
  expect(await stateOf(gateway)).toBe('closed');
}

test('breakers of two processes open and close together, and each alone while Redis is gone', async () => {
  await using server = await startRedisServer();
  const settings = { failureRate: 1, window: '2 calls', minimumCalls: 2, openFor: '2s', maxOpenFor: '2s' };
  await using fleet = await startFleet({
    redisUrls: [server.url, server.url],
    config: { breakers: { scope: 'cluster', default: { ...settings, probes: 1 } } },
  });
  const { first, second, subgraph } = fleet;
  const becomes = (gateway: GatewayProcess, state: string) =>
    vi.waitFor(async () => expect(await stateOf(gateway)).toBe(state), PATIENCE);
  const closesByNews = async (): Promise<void> => {
    await closeIn(first, fleet);
    const asked = subgraph.requests.length;
    await becomes(second, 'closed');
    expect(subgraph.requests).toHaveLength(asked);
    expect(await code(second)).toBeUndefined();
  };
  // A breaker is there once its field has been asked for.
  expect([await code(first), await code(second)]).toEqual([undefined, undefined]);
  await untilListening(server, fleet);

  await openIn(first, fleet);
  const asked = subgraph.requests.length;
  await becomes(second, 'open');
  expect(await code(second)).toBe('CIRCUIT_OPEN');
  expect(subgraph.requests).toHaveLength(asked);
  await closesByNews();

  await server.kill();
  await openIn(first, fleet);
  expect(await stateOf(second)).toBe('closed');
  await openIn(second, fleet);

  await server.start();
  await untilListening(server, fleet);
  await closesByNews();
});
