import { expect, test, vi } from 'vitest';
import { type Bucket, planBucket } from '../../../../src/policy/rate-limit/bucket.ts';
import type { BucketStore } from '../../../../src/policy/rate-limit/bucket-store.ts';
import { withOutagePolicy } from '../../../../src/policy/rate-limit/outage/with-outage-policy.ts';
import { createMemoryStore } from '../../../../src/policy/rate-limit/stores/memory-store.ts';
import { bucketKeys } from '../../../../src/policy/rate-limit/stores/redis-key.ts';
import { createRedisStore } from '../../../../src/policy/rate-limit/stores/redis-store.ts';
import { systemClock } from '../../../../src/shared/clock.ts';
import { startRedisServer } from '../../../storage/redis-server.ts';
import { useRedis } from '../../../storage/use-redis.ts';
import { PATIENCE } from '../../../support/patience.ts';

async function admitted(store: BucketStore, bucket: Bucket, times: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < times; i++) if ((await store.take([bucket])).isTaken) count++;
  return count;
}

test.each(['sliding-window', 'token-bucket'] as const)(
  'a %s that cannot be read in Redis is counted here, and no other is; until it is reset',
  async algorithm => {
    await using used = await useRedis();
    const changes: boolean[] = [];
    const store = withOutagePolicy(createRedisStore(used.redis), createMemoryStore({ clock: systemClock }), {
      policyOf: () => 'local-share',
      instances: () => 2,
      clock: systemClock,
      onChange: isOut => changes.push(isOut),
    });
    const plan = planBucket({ id: 'share', algorithm, limit: 10, windowMs: 3_600_000, burst: null });
    const of = (owner: string): Bucket => ({ plan, owner, units: 1, part: null });
    await used.redis.client.set(bucketKeys(used.redis)(of('bad')), 'foreign');
    const [bad, good] = await Promise.all([admitted(store, of('bad'), 20), admitted(store, of('good'), 20)]);
    expect([bad, good, changes]).toEqual([5, 10, []]);
    const takenAt = Date.now();
    const [lost, given] = await Promise.all([
      store.settle([{ bucket: of('bad'), units: 4, takenAt }]),
      store.settle([{ bucket: of('good'), units: -4, takenAt }]),
    ]);
    expect([lost, given]).toMatchObject([[], [{ remaining: 0 }]]);
    await store.reset([of('bad')]);
    expect([await admitted(store, of('bad'), 20), changes]).toEqual([10, []]);
  },
);

test('what was admitted without Redis is charged when it is back, whatever cannot be', async () => {
  await using server = await startRedisServer();
  await using used = await useRedis({ url: server.url });
  const shared = createRedisStore(used.redis);
  const store = withOutagePolicy(shared, createMemoryStore({ clock: systemClock }), {
    policyOf: () => 'local-share',
    instances: () => 1,
    clock: systemClock,
    onChange: () => {},
  });
  const plan = planBucket({ id: 'a', algorithm: 'token-bucket', limit: 9, windowMs: 36e5, burst: null });
  const of = (owner: string): Bucket => ({ plan, owner, units: 1, part: null });
  await server.kill();
  for (const owner of ['bad', 'u-1', 'u-2']) expect(await admitted(store, of(owner), 3)).toBe(3);
  await server.start();
  await used.redis.ready(10_000);
  await used.redis.client.set(bucketKeys(used.redis)(of('bad')), 'foreign');
  await vi.waitFor(async () => {
    await store.take([of('somebody')]);
    const states = await shared.read([of('u-1'), of('u-2')]);
    expect(states.map(({ remaining }) => remaining)).toEqual([6, 6]);
  }, PATIENCE);
});
