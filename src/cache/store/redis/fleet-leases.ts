import { randomId } from '../../../shared/random-id.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import type { Lease } from '../cache-store.ts';
import type { LocalLeases } from '../memory/leases.ts';
import type { Availability } from './availability.ts';
import { RELEASE } from './lua.ts';

interface FleetLeaseOptions {
  readonly redis: RedisStorage;
  readonly availability: Availability;
  /** Asked first: what this process has it need not ask Redis for. */
  readonly local: LocalLeases;
}

interface Wanted {
  readonly key: string;
  /** Full name in Redis. */
  readonly name: string;
  readonly ms: number;
}

const release = createRedisScript(RELEASE);

/** Null: somebody has it. Where Redis does not say so, who asks first in this process has it. */
export async function takeLease(
  { redis, availability, local }: FleetLeaseOptions,
  { key, name, ms }: Wanted,
): Promise<Lease | null> {
  const own = local.take(key, ms);
  if (own === null || availability.isResting) return own;
  const token = randomId();
  try {
    const isTaken = await redis.read(client => client.set(name, token, 'PX', ms, 'NX'));
    availability.succeeded();
    if (isTaken === null) {
      own.release();
      return null;
    }
  } catch (error) {
    availability.failed(error);
    // It may have been taken all the same, and is released like one that was.
  }
  return {
    release() {
      own.release();
      redis.write(client => release.run(client, [name], [token])).catch(() => {});
    },
  };
}
