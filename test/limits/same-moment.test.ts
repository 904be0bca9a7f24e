import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { randomId } from '../../src/shared/random-id.ts';
import { startRedisCluster } from '../storage/redis-cluster.ts';
import { REDIS_URL } from '../storage/redis-proxy.ts';
import { type Limited, post, type Reply, startLimited } from './limited-graph.ts';

type Storage = NonNullable<GatewayConfigInput['storage']>;

const left = ({ headers }: Reply): number => Number(/;r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);

/** Two buckets of different owners, which a cluster has on different nodes or not. */
async function started(storage: Storage | null): Promise<Limited> {
  const window = '1h';
  const gateway = await startLimited({
    clock: { at: 0, ...systemClock },
    config: {
      ...(storage === null ? {} : { storage }),
      policy: {
        rateLimit: {
          limits: {
            calls: { limit: 6, window, by: ['ip'], spend: 'calls', for: { coordinates: ['Query.users'] } },
            points: { limit: 100, window, by: [], spend: 'cost' },
          },
        },
      },
    },
  });
  if (storage !== null)
    await expect
      .poll(() => gateway.log.some(({ message }) => message === 'Redis is ready'), { timeout: 10_000 })
      .toBe(true);
  return gateway;
}

/** Equal requests are decided about as one in Redis, and settled each by itself. */
async function checkEqual(gateway: Limited): Promise<void> {
  const replies = await Promise.all(Array.from({ length: 10 }, () => post(gateway, '{ users { score } }')));
  const admitted = replies.filter(({ status }) => status === 200);
  const refused = replies.filter(({ status }) => status === 429);
  expect([admitted.length, refused.length]).toEqual([6, 4]);
  // How many were left in between is told where there is one.
  for (const reply of admitted) {
    expect(reply.headers.get('ratelimit-policy')).toBe('"calls";q=6;w=3600');
    expect(left(reply)).toBeLessThan(6);
    expect(reply.headers.get('retry-after')).toBeNull();
  }
  for (const reply of refused) {
    expect(reply.body.errors[0].extensions).toMatchObject({ code: 'RATE_LIMITED', limit: 'calls' });
    expect([left(reply), Number(reply.headers.get('retry-after'))]).toEqual([0, expect.closeTo(3_600, -2)]);
  }
  // Estimated at 10 and four came, six times; what was refused spent nothing.
  const points = async () => left(await post(gateway, '{ page(first: 1000) { id } }'));
  await expect.poll(points, { timeout: 5_000 }).toBe(76);
}

test('equal requests of one moment get what each would have got, in memory', async () => {
  await using gateway = await started(null);
  await checkEqual(gateway);
});

test('in one Redis', async () => {
  const prefix = `test-${randomId()}`;
  await using gateway = await started({ redis: { url: REDIS_URL, prefix, readTimeout: '5s' } });
  await checkEqual(gateway);
  const broom = new Redis(REDIS_URL);
  const keys = await broom.keys(`${prefix}:{limit/*`);
  const lives = await Promise.all(keys.map(key => broom.pttl(key)));
  expect(lives).toHaveLength(2);
  for (const life of lives) expect(life).toBeGreaterThan(0);
  await broom.del(...keys);
  await broom.quit();
});

test('in a cluster', async () => {
  await using cluster = await startRedisCluster();
  await using gateway = await started({ redis: { cluster: [...cluster.urls], readTimeout: '5s' } });
  await checkEqual(gateway);
});
