import type { RedisStorage } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';

/** How many gateways share a Redis, so that each knows its share when Redis is gone. */
export interface Heartbeat {
  /** As it was last heard; 1 until then. */
  instances(): number;
  /** Says that this one lives, and counts. Redis failing changes nothing. */
  beat(): Promise<void>;
  /** Beats now and from then on. */
  start(): void;
  /** Says that this one is gone. */
  close(): Promise<void>;
}

const EVERY_MS = 2_000;

/** Five beats may be missed. */
const GONE_AFTER_MS = 10_000;

/** By the server's clock, as those of gateways differ. */
const BEAT = createRedisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local goneAfter = tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - goneAfter)
redis.call('PEXPIRE', KEYS[1], goneAfter * 2)
return redis.call('ZCARD', KEYS[1])
`);

/** @param id of this gateway, unlike that of any other. */
export function createHeartbeat(
  redis: RedisStorage,
  { id, goneAfterMs = GONE_AFTER_MS }: { readonly id: string; readonly goneAfterMs?: number },
): Heartbeat {
  const key = redis.key('limits', 'instances');
  let instances = 1;
  let timer: NodeJS.Timeout | undefined;
  const beat = async (): Promise<void> => {
    const counted = await redis.write(client => BEAT.run(client, [key], [id, goneAfterMs])).catch(() => null);
    if (typeof counted === 'number' && counted > 0) instances = counted;
  };
  return {
    instances: () => instances,
    beat,
    start() {
      void beat();
      timer = setInterval(beat, EVERY_MS);
      // Nobody is kept alive by it.
      timer.unref();
    },
    async close() {
      clearInterval(timer);
      await redis.write(client => client.zrem(key, id)).catch(() => {});
    },
  };
}
