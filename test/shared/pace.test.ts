import { expect, test } from 'vitest';
import { Pace } from '../../src/shared/pace.ts';

test('lets so much through a second, and no more at once after a long pause', () => {
  const pace = new Pace(10);
  const taken = (now: number): number =>
    Array.from({ length: 50 }, () => pace.take(now)).filter(Boolean).length;
  expect([taken(5_000), taken(5_000), taken(5_100), taken(5_600), taken(99_000)]).toEqual([10, 0, 1, 5, 10]);
});
