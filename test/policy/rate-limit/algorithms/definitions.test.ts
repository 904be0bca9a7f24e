import { expect, test } from 'vitest';
import { createMeter } from '../../../../src/policy/rate-limit/algorithms/create-meter.ts';
import { planBucket } from '../../../../src/policy/rate-limit/bucket.ts';
import { type Admitted, violation } from '../definitions.ts';
import { type Random, randomPause, randomPlan, seeded, whole } from '../random-schedule.ts';

const BEGIN = 1_700_000_000_000;
const SCHEDULES = 400;
const STEPS = 150;

test('lets through exactly what its definition allows, over any time, whatever the schedule', () => {
  for (let seed = 0; seed < SCHEDULES; seed++) {
    const random = seeded(seed);
    const plan = randomPlan(random, 'p');
    const meter = createMeter(plan);
    const history: Admitted[] = [];
    let now = BEGIN + whole(random, 0, plan.windowMs);
    for (let step = 0; step < STEPS; step++) {
      now += randomPause(random, plan, now);
      const units = unitsFor(random, plan.capacity);
      const isDue = units <= plan.capacity && violation(plan, [...history, { at: now, units }]) === null;
      const isAllowed = units <= meter.available(now);
      expect({ seed, step, plan, now, units, isAllowed }).toMatchObject({ isAllowed: isDue });
      if (!isAllowed) continue;
      meter.spend(units, now);
      history.push({ at: now, units });
    }
  }
});

test('tells how long to wait: until then it refuses, then it lets through', () => {
  for (let seed = 0; seed < SCHEDULES; seed++) {
    const random = seeded(seed);
    const plan = randomPlan(random, 'p');
    const meter = createMeter(plan);
    let now = BEGIN + whole(random, 0, plan.windowMs);
    for (let step = 0; step < STEPS; step++) {
      now += randomPause(random, plan, now);
      const units = whole(random, 1, plan.capacity);
      if (units <= meter.available(now)) {
        expect(meter.waitFor(units, now)).toBe(0);
        meter.spend(units, now);
        continue;
      }
      const wait = meter.waitFor(units, now);
      expect(wait).toBeGreaterThan(0);
      expect({ seed, step, before: meter.available(now + wait - 1) < units }).toMatchObject({ before: true });
      now += wait;
      expect({ seed, step, plan, after: meter.available(now) >= units }).toMatchObject({ after: true });
    }
  }
});

test('given back, a take in a window is as if it had been smaller, and no bucket is ever more than full', () => {
  for (let seed = 0; seed < SCHEDULES; seed++) {
    const random = seeded(seed);
    const plan = randomPlan(random, 'p');
    const isWindow = plan.method !== 'token-bucket' && plan.method !== 'gcra';
    const meter = createMeter(plan);
    const history: { at: number; units: number }[] = [];
    let now = BEGIN + whole(random, 0, plan.windowMs);
    for (let step = 0; step < STEPS; step++) {
      now += randomPause(random, plan, now);
      const old = history[whole(random, 0, history.length - 1)];
      if (random() < 0.4 && old !== undefined) {
        const units = whole(random, 0, old.units);
        meter.amend(units, old.at, now);
        // Takes of one millisecond are one entry; so they are one take here.
        old.units -= units;
      }
      expect(meter.available(now)).toBeLessThanOrEqual(plan.capacity);
      const units = whole(random, 1, plan.capacity);
      const isAllowed = units <= meter.available(now);
      if (isWindow) {
        const isDue = violation(plan, [...history, { at: now, units }]) === null;
        expect({ seed, step, plan, isAllowed }).toMatchObject({ isAllowed: isDue });
      }
      if (!isAllowed) continue;
      meter.spend(units, now);
      history.push({ at: now, units });
    }
    // Over all of the time, what was not given back is within the definition for every algorithm.
    const spent = history.reduce((sum, { units }) => sum + units, 0);
    const elapsed = now - (history[0]?.at ?? now);
    const most = BigInt(plan.capacity * plan.scale) + BigInt(elapsed) * BigInt(plan.rate);
    if (!isWindow) expect(BigInt(spent) * BigInt(plan.scale) <= most).toBe(true);
  }
});

test('what is given back whole leaves nothing behind', () => {
  const plan = planBucket({ id: 'p', algorithm: 'sliding-window', limit: 5, windowMs: 60_000, burst: null });
  const meter = createMeter(plan);
  for (let i = 0; i < 1_000; i++) {
    meter.spend(1, BEGIN + i);
    meter.amend(1, BEGIN + i, BEGIN + i);
  }
  expect(meter.size).toBe(0);
});

test('time does not wear it out: a million steps later nothing has drifted', () => {
  const random = seeded(1);
  const plan = { ...randomPlan(seeded(0), 'p') };
  expect(plan.method).toBeDefined();
  for (const method of ['token-bucket', 'gcra'] as const) {
    // 7 in 1,000 ms: a unit is no whole number of milliseconds.
    const odd = {
      ...plan,
      method,
      limit: 7,
      windowMs: 1_000,
      capacity: 7,
      burst: null,
      scale: 1_000,
      rate: 7,
    };
    const meter = createMeter(odd);
    let [now, taken] = [BEGIN, 0];
    for (let i = 0; i < 1_000_000; i++) {
      now += whole(random, 1, 100);
      if (meter.available(now) < 1) continue;
      meter.spend(1, now);
      taken++;
    }
    // It was never full for long enough to lose more than a few.
    expect(7 + ((now - BEGIN) * 7) / 1_000 - taken).toBeGreaterThanOrEqual(0);
    expect(7 + ((now - BEGIN) * 7) / 1_000 - taken).toBeLessThan(8);
  }
});

/** Mostly what fits; sometimes nothing, sometimes too much. */
function unitsFor(random: Random, capacity: number): number {
  const kind = random();
  if (kind < 0.5) return 1;
  if (kind < 0.95) return whole(random, 0, Math.ceil(capacity / 2));
  return whole(random, capacity, capacity + 2);
}
