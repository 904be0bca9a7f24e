import { afterAll, expect, test } from 'vitest';
import type { Bucket } from '../../../../src/policy/rate-limit/bucket.ts';
import type { Settlement, TakenState, TakeResult } from '../../../../src/policy/rate-limit/bucket-store.ts';
import { type Admitted, violation } from '../definitions.ts';
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

/** One call decides about all of them: equal ones by one sum, others one after the other. */
test('redis decides about takes of one moment as memory does, one after the other', async () => {
  for (let seed = 0; seed < SCHEDULES; seed++) {
    await using memory = await useStore('memory');
    await using redis = await useStore('redis');
    const random = seeded(seed);
    const plans = [1, 2, 3].map(n => randomPlan(random, `p${n}`));
    let now = BEGIN + whole(random, 0, 100_000);
    for (let step = 0; step < STEPS / 2; step++) {
      now += randomPause(random, plans[step % 3] as (typeof plans)[number], now);
      for (const used of [memory, redis]) used.setNow(now);
      const takes = randomTakes(random, plans);
      const theirs = await Promise.all(takes.map(take => redis.store.take(take)));
      const ours: TakeResult[] = [];
      for (const take of takes) ours.push(await memory.store.take(take));
      expect({ seed, step, takes: theirs.map(decisionOf) }).toEqual({
        seed,
        step,
        takes: ours.map(decisionOf),
      });
      // Equal takes are told of with one object, and each of them is settled.
      const given = ours.map(result => corrections(random, result));
      await Promise.all(theirs.map((result, i) => redis.store.settle(settled(result, given[i] ?? []))));
      for (const [i, result] of ours.entries()) await memory.store.settle(settled(result, given[i] ?? []));
      const all = plans.flatMap(plan => ['o1', 'o2'].map(owner => ({ plan, owner })));
      expect(await redis.store.read(all)).toEqual(await memory.store.read(all));
    }
  }
});

/** Servers that take over may be behind. Time then is what takes have seen of it, the latest. */
test.each(['memory', 'redis'] as const)(
  'in %s a clock that steps back lets through no more, and waits that are told end when they say',
  async kind => {
    for (let seed = 0; seed < SCHEDULES; seed++) {
      await using used = await useStore(kind);
      const random = seeded(seed);
      const plan = randomPlan(random, 'p');
      const history: Admitted[] = [];
      let [now, latest] = [BEGIN + 3 * plan.windowMs, 0];
      const take = async (units: number): Promise<TakenState> => {
        used.setNow(now);
        const [state] = (await used.store.take([{ plan, owner: 'o', units, part: null }])).states;
        // Redis writes nothing down that it refused.
        if (state?.isTaken || kind === 'memory') latest = Math.max(latest, now);
        if (state?.isTaken) {
          history.push({ at: latest, units });
          expect({ seed, plan, violated: violation(plan, history) }).toMatchObject({ violated: null });
        }
        return state as TakenState;
      };
      for (let step = 0; step < STEPS; step++) {
        const pause = randomPause(random, plan, now);
        now += random() < 0.3 ? -Math.min(pause, plan.windowMs) : pause;
        const units = whole(random, 1, plan.capacity);
        const { isTaken, retryAfterMs } = await take(units);
        if (isTaken || random() < 0.5) continue;
        now += (retryAfterMs as number) - 1;
        expect({ seed, step, plan, early: (await take(units)).isTaken }).toMatchObject({ early: false });
        now += 1;
        expect({ seed, step, plan, due: (await take(units)).isTaken }).toMatchObject({ due: true });
      }
    }
  },
);

/** What remains is told as of the end of the call. */
function decisionOf({ isTaken, states }: TakeResult) {
  const all = states.map(({ isAllowed, isTaken, retryAfterMs }) => ({ isAllowed, isTaken, retryAfterMs }));
  return { isTaken, states: all };
}

/** Of each bucket, what is given back or charged. */
function corrections(random: Random, { states }: TakeResult): readonly number[] {
  return states.map(({ bucket }) => (random() < 0.5 ? 0 : whole(random, -2, bucket.units)));
}

function settled({ states }: TakeResult, units: readonly number[]): readonly Settlement[] {
  return states.flatMap(({ bucket, isTaken, at }, i) => {
    return isTaken ? [{ bucket, units: units[i] ?? 0, takenAt: at }] : [];
  });
}

/** Of a few callers, each of whom wants the same several times. */
function randomTakes(random: Random, plans: readonly Bucket['plan'][]): readonly (readonly Bucket[])[] {
  return Array.from({ length: whole(random, 1, 4) }).flatMap(() => {
    const take = randomBuckets(random, plans, 2).map(bucket => ({
      ...bucket,
      units: random() < 0.7 ? Math.min(bucket.units, 2) : bucket.units,
      part: random() < 0.7 ? null : bucket.part,
    }));
    return Array.from({ length: whole(random, 1, 6) }, () => [...take]);
  });
}

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
