import type { OutagePolicy } from '../config/rate-limit.ts';
import type { BucketPlan } from '../policy/rate-limit/bucket.ts';
import type { BucketStore } from '../policy/rate-limit/bucket-store.ts';
import type { RateLimitEvents } from '../policy/rate-limit/events.ts';
import { createMemoryStore } from '../policy/rate-limit/stores/memory-store.ts';
import { randomId } from '../shared/random-id.ts';
import type { RedisStorage } from '../storage/redis.ts';
import type { GatewayOptions } from './options.ts';

interface StoreOptions extends GatewayOptions {
  readonly redis: RedisStorage | null;
  /** By the id of a limit, as the generation that is served says. */
  readonly policyOf: (plan: BucketPlan) => OutagePolicy;
  readonly events: RateLimitEvents;
}

/** Where buckets are kept: they outlive generations. */
export async function openBucketStore(options: StoreOptions): Promise<BucketStore> {
  const { redis, clock, metrics, policyOf, events } = options;
  const local = createMemoryStore({ clock, onForgotten: ({ id }) => metrics.rateLimitForgotten(id) });
  if (redis === null) return local;
  const [{ createHeartbeat }, { withOutagePolicy }, { createRedisStore }] = await Promise.all([
    import('../policy/rate-limit/outage/heartbeat.ts'),
    import('../policy/rate-limit/outage/with-outage-policy.ts'),
    import('../policy/rate-limit/stores/redis-store.ts'),
  ]);
  const heartbeat = createHeartbeat(redis, { id: randomId() });
  heartbeat.start();
  const store = withOutagePolicy(createRedisStore(redis), local, {
    clock,
    policyOf,
    instances: heartbeat.instances,
    onChange: events.onChange,
  });
  return {
    ...store,
    async close() {
      await heartbeat.close();
      await store.close();
    },
  };
}
