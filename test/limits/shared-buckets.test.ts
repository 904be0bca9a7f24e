import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { randomId } from '../../src/shared/random-id.ts';
import { REDIS_URL, startRedisProxy } from '../storage/redis-proxy.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { startOwnTime } from '../support/own-time.ts';
import { type Limited, post, startLimited } from './limited-graph.ts';

let prefix = '';
/** Where Redis does not answer; others have the machine, too, and Redis has it after them. */
const READ_TIMEOUT_MS = 250;

afterEach(async () => {
  const broom = new Redis(REDIS_URL);
  const keys = await broom.keys(`${prefix}:*`);
  if (keys.length > 0) await broom.del(...keys);
  await broom.quit();
});

type RateLimit = NonNullable<NonNullable<GatewayConfigInput['policy']>['rateLimit']>;

/** Gateways that share a Redis, once they are connected to it. */
async function startSharing(
  rateLimit: RateLimit,
  urls: readonly string[],
  readTimeout = '5s',
): Promise<readonly Limited[]> {
  prefix = `test-${randomId()}`;
  const gateways = await Promise.all(
    urls.map(url =>
      startLimited({
        clock: { at: 0, ...systemClock },
        config: {
          storage: { redis: { url, prefix, readTimeout } },
          policy: { rateLimit },
        },
      }),
    ),
  );
  for (const { log } of gateways)
    await expect
      .poll(() => log.some(({ message }) => message === 'Redis is ready'), { timeout: 10_000 })
      .toBe(true);
  return gateways;
}

const statusOf = async (gateway: Limited, query = '{ motto }') => (await post(gateway, query)).status;

test('two gateways share the buckets of one Redis', async () => {
  const gateways = await startSharing({ limits: { all: { limit: 6, window: '1h' } } }, [
    REDIS_URL,
    REDIS_URL,
  ]);
  const [one, other] = gateways as [Limited, Limited];
  await using _one = one;
  await using _other = other;
  const seen = await Promise.all(
    Array.from({ length: 20 }, (_, index) => statusOf(index % 2 === 0 ? one : other)),
  );
  expect(seen.filter(status => status === 200)).toHaveLength(6);
  expect(seen.filter(status => status === 429)).toHaveLength(14);
});

test('what one gateway gives back another may spend', async () => {
  const limits: RateLimit['limits'] = { points: { limit: 100, window: '1h', by: [], spend: 'cost' } };
  const [one, other] = (await startSharing({ limits }, [REDIS_URL, REDIS_URL])) as [Limited, Limited];
  await using _one = one;
  await using _other = other;
  expect(await statusOf(one, '{ users { score } }')).toBe(200);
  const left = async () =>
    Number(
      /;r=(\d+)/.exec(
        (await post(other, '{ users(first: 1000) { id } }')).headers.get('ratelimit') ?? '',
      )?.[1],
    );
  // Estimated at 10, and four came.
  await expect.poll(left).toBe(96);
});

test('what is still to be settled when the process drains is settled', async () => {
  const limits: RateLimit['limits'] = { points: { limit: 100, window: '1h', by: [], spend: 'cost' } };
  const [one, other] = (await startSharing({ limits }, [REDIS_URL, REDIS_URL])) as [Limited, Limited];
  await using _one = one;
  await using _other = other;
  await one.gateway.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = one.gateway.app.server.address() as AddressInfo;
  const { opened, open } = createGate();
  const reached = new Promise<void>(resolve => {
    one.people.respond = async (_seen, response) => {
      resolve();
      await opened;
      sendJson(response, { data: { users: [{ score: 1 }] } });
    };
  });
  const answering = fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ users { score } }' }),
  });
  await reached;
  const closed = one.gateway.close();
  open();
  expect((await answering).status).toBe(200);
  await closed;
  const { headers } = await post(other, '{ users(first: 1000) { id } }');
  expect(headers.get('ratelimit')).toMatch(/^"points";r=99$/);
});

describe('while Redis is gone', () => {
  const LIMITS: RateLimit = {
    limits: Object.fromEntries(
      (['local-share', 'allow', 'deny'] as const).map((onOutage, index) => [
        onOutage,
        {
          limit: 4,
          window: '1h',
          onOutage,
          spend: 'calls' as const,
          for: { coordinates: [['Query.motto', 'Query.tip', 'Query.advice'][index] ?? ''] },
        },
      ]),
    ),
  };

  test.each(['cut', 'silence'] as const)(
    'each limit follows its policy, nobody waits, and it recovers: %s',
    async how => {
      await using proxy = await startRedisProxy();
      const [gateway] = (await startSharing(LIMITS, [proxy.url], `${READ_TIMEOUT_MS}ms`)) as [Limited];
      await using _ = gateway;
      expect(await statusOf(gateway)).toBe(200);
      await proxy[how]();
      const timed = async (query: string) => {
        using time = startOwnTime();
        const status = await statusOf(gateway, query);
        return { status, ms: time.ms };
      };
      const seen: Record<string, number[]> = {};
      const waits: number[] = [];
      for (const query of ['{ motto }', '{ tip }', '{ advice }']) {
        for (let time = 0; time < 6; time++) {
          const { status, ms } = await timed(query);
          seen[query] = [...(seen[query] ?? []), status];
          waits.push(ms);
        }
      }
      expect(seen).toEqual({
        '{ motto }': [200, 200, 200, 200, 429, 429],
        '{ tip }': [200, 200, 200, 200, 200, 200],
        '{ advice }': [429, 429, 429, 429, 429, 429],
      });
      // The budget, and as much again for a machine that others use too.
      expect(Math.max(...waits)).toBeLessThan(READ_TIMEOUT_MS + 400);
      const lines = () => gateway.log.filter(({ message }) => message.includes('outage policy'));
      expect(lines()).toHaveLength(1);
      await (how === 'cut' ? proxy.open() : proxy.speak());
      const back = 'rate limits are counted by Redis again';
      await expect
        .poll(
          async () => {
            await statusOf(gateway, '{ advice }');
            return gateway.log.some(({ message }) => message === back);
          },
          {
            timeout: 15_000,
            interval: 100,
          },
        )
        .toBe(true);
      // What was admitted meanwhile is charged: one before, four since.
      await expect.poll(() => statusOf(gateway)).toBe(429);
      expect(await statusOf(gateway, '{ tip }')).toBe(200);
    },
  );
});
