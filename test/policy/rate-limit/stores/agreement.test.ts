import { afterAll, expect, test } from 'vitest';
import type { Bucket } from '../../../../src/policy/rate-limit/bucket.ts';
import type { Settlement, TakenState } from '../../../../src/policy/rate-limit/bucket-store.ts';
import { type Random, randomPause, randomPlan, seeded, whole } from '../random-schedule.ts';
import { BEGIN, endStores, useStore } from './use-stores.ts';

const SCHEDULES = 25;
const STEPS = 60;

afterAll(endStores);

/** Redis decides in Lua what memory decides in TypeScript: two ways that must agree, number for number. */
test.each(['redis', 'redis-cluster'] as const)(
  '%s answers what memory does, whatever is asked',
  async kind => {
    for (let seed = 0; seed < SCHEDULES; seed++) {
      await using memory = await useStore('memory');
      await using redis = await useStore(kind);
      const random = seeded(seed);
      const plans = [1, 2, 3, 4].map(n => randomPlan(random, `p${n}`));
      const taken: TakenState[] = [];
      let now = BEGIN + whole(random, 0, 100_000);
      for (let step = 0; step < STEPS; step++) {
        now += randomPause(random, plans[step % 4] as (typeof plans)[number], now);
        for (const used of [memory, redis]) used.setNow(now);
        if (random() < 0.3 && taken.length > 0) {
          const settlements = randomSettlements(random, taken);
          const [a, b] = await Promise.all([
            memory.store.settle(settlements),
            redis.store.settle(settlements),
          ]);
          expect({ seed, step, states: b }).toEqual({ seed, step, states: a });
        }
        // On a cluster a part's buckets are not in one step with those of other owners; one owner is.
        const buckets = randomBuckets(random, plans, kind === 'redis' ? 3 : 1);
        const [a, b] = [await memory.store.take(buckets), await redis.store.take(buckets)];
        expect({ seed, step, ...b }).toEqual({ seed, step, ...a });
        taken.push(...a.states.filter(({ isTaken }) => isTaken));
      }
      const all = plans.map(plan => ({ plan, owner: 'o1' }));
      expect(await redis.store.read(all)).toEqual(await memory.store.read(all));
    }
  },
);

function randomBuckets(random: Random, plans: readonly Bucket['plan'][], owners: number): readonly Bucket[] {
  return Array.from({ length: whole(random, 1, 5) }, () => {
    const plan = plans[whole(random, 0, plans.length - 1)] as Bucket['plan'];
    const part = random() < 0.4 ? `part ${whole(random, 1, 2)}` : null;
    const units = random() < 0.1 ? plan.capacity + 1 : whole(random, 0, Math.ceil(plan.capacity / 3));
    return { plan, owner: `o${whole(random, 1, owners)}`, units, part };
  });
}

function randomSettlements(random: Random, taken: readonly TakenState[]): readonly Settlement[] {
  return Array.from({ length: whole(random, 1, 3) }, () => {
    const { bucket, at } = taken[whole(random, 0, taken.length - 1)] as TakenState;
    return { bucket, units: whole(random, -bucket.plan.capacity, bucket.units), takenAt: at };
  });
}
