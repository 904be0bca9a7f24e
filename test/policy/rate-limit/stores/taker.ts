// A process that takes from shared buckets as fast as it can. Run with jiti; prints one line of JSON for each round.

import type { RedisConfig } from '../../../../src/config/storage.ts';
import { type Bucket, type BucketLimit, planBucket } from '../../../../src/policy/rate-limit/bucket.ts';
import { createRedisStore } from '../../../../src/policy/rate-limit/stores/redis-store.ts';
import { connectRedis } from '../../../../src/storage/redis.ts';
import { createLogger } from '../../../../src/telemetry/logger.ts';

export interface TakerTask {
  readonly redis: RedisConfig;
  readonly rounds: readonly Round[];
  readonly requests: number;
  readonly inFlight: number;
}

/** Two limits that are taken from together: one that everybody shares, and one of one of a few. */
export interface Round {
  readonly shared: BucketLimit;
  readonly own: BucketLimit;
  readonly exactLogUpTo: number;
}

export interface TakerReport {
  readonly refused: number;
  /** For each bucket, when units were let through: at, units, at, units … */
  readonly admitted: Readonly<Record<string, readonly number[]>>;
}

const OWNERS = 5;

async function run({ redis: config, rounds, requests, inFlight }: TakerTask): Promise<void> {
  const redis = connectRedis(config, { logger: createLogger('silent') });
  await redis.ready(20_000);
  const store = createRedisStore(redis);
  console.log('ready');
  while ((await redis.client.get(redis.key('test', 'go'))) === null)
    await new Promise(done => setTimeout(done, 10));
  for (const round of rounds) {
    const [shared, own] = [
      planBucket(round.shared, round.exactLogUpTo),
      planBucket(round.own, round.exactLogUpTo),
    ];
    const admitted: Record<string, number[]> = {};
    let [left, refused] = [requests, 0];
    const takeSome = async (): Promise<void> => {
      while (left > 0) {
        const n = left--;
        const buckets: Bucket[] = [
          { plan: shared, owner: 'all', units: 1 + (n % 3), part: null },
          { plan: own, owner: `u-${n % OWNERS}`, units: 1 + (n % 2), part: null },
        ];
        const { isTaken, states } = await store.take(buckets);
        if (!isTaken) refused++;
        else
          for (const { bucket, at } of states) {
            admitted[bucket.owner] ??= [];
            admitted[bucket.owner]?.push(at, bucket.units);
          }
      }
    };
    await Promise.all(Array.from({ length: inFlight }, takeSome));
    console.log(JSON.stringify({ refused, admitted } satisfies TakerReport));
  }
  await redis.close();
}

await run(JSON.parse(process.env['TASK'] as string));
