import { expect, test } from 'vitest';
import { shareOf } from '../../src/shared/share-of.ts';

const subjects = Array.from({ length: 20_000 }, (_, index) => `override subject u-${index}`);
const within = (percent: number): ReadonlySet<string> =>
  new Set(subjects.filter(subject => shareOf(subject) < percent));

test('a subject stands at one place, the same in every process', () => {
  expect(shareOf('override subject u-1')).toBe(shareOf('override subject u-1'));
  // As other instances compute it: a release that moves it moves every caller.
  expect(shareOf('override subject u-1')).toBeCloseTo(9.648_653_869, 6);
});

test.each([0.5, 5, 50, 95])('%d percent are about as many subjects', percent => {
  const found = (within(percent).size / subjects.length) * 100;
  // Four standard deviations.
  const tolerance = 4 * Math.sqrt((percent * (100 - percent)) / subjects.length);
  expect(Math.abs(found - percent)).toBeLessThan(tolerance);
});

test('none is in 0 percent, and all are in 100', () => {
  expect(within(0).size).toBe(0);
  expect(within(100).size).toBe(subjects.length);
});

test('a share that grows loses nobody', () => {
  let smaller = within(0);
  for (const percent of [0.1, 1, 5, 25, 50, 99, 100]) {
    const larger = within(percent);
    expect([...smaller].filter(subject => !larger.has(subject))).toEqual([]);
    expect(larger.size).toBeGreaterThan(smaller.size);
    smaller = larger;
  }
});
