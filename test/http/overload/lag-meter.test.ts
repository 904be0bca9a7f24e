import { expect, test } from 'vitest';
import { createLagMeter, type LagMeter, SAMPLE_MS } from '../../../src/http/overload/lag-meter.ts';

const MAX_LAG = 200;

/** A meter whose timer comes late by as much as it is told. */
function meter(): { readonly lag: LagMeter; late(...by: readonly number[]): readonly number[] } {
  const clock = { at: 5, now: () => 0, elapsed: () => clock.at };
  const lag = createLagMeter(clock, MAX_LAG);
  return {
    lag,
    late: (...by) =>
      by.map(ms => {
        clock.at += SAMPLE_MS + ms;
        lag.sample();
        return lag.lagMs / MAX_LAG;
      }),
  };
}

test('a loop that is on time has no lag, nor has a timer that comes early', () => {
  expect(meter().late(0, 0, -30, 0)).toEqual([0, 0, 0, 0]);
});

test('one pause, however long, refuses nobody', () => {
  const [pressure = Number.NaN] = meter().late(60_000);
  expect(pressure).toBeLessThan(0.7);
  expect(pressure).toBeGreaterThan(0.5);
});

test('lag that stays is believed after some samples, and forgotten as soon', () => {
  const { late } = meter();
  const rising = late(500, 500, 500);
  expect(rising[1]).toBeGreaterThan(1);
  expect(late(0, 0, 0, 0, 0).at(-1)).toBeLessThan(0.3);
});

test('lag comes to what it is', () => {
  const { lag, late } = meter();
  late(...Array.from({ length: 30 }, () => 50));
  expect(lag.lagMs).toBeCloseTo(50, 1);
});
