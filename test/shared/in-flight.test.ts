import { expect, test } from 'vitest';
import { InFlight } from '../../src/shared/in-flight.ts';
import { growthOfOldMemory } from '../support/old-memory.ts';

test('what is no longer in flight is collected with the young, also when all else is old', async () => {
  const inFlight = new InFlight<object>();
  const answer = async (i: number) => {
    await new Promise(setImmediate);
    return new Array(100).fill(i);
  };
  const grown = await growthOfOldMemory(async times => {
    for (let i = 0; i < times; i += 50) {
      const wishes = Array.from({ length: 50 }, (_, j) => ({
        key: `k${i + j}`,
        now: 0,
        deadlineAt: 1_000_000,
      }));
      await Promise.all(wishes.map((wish, j) => inFlight.start(wish, () => answer(i + j))));
    }
  });
  // Of some 20 MB.
  expect(grown).toBeLessThan(2_000_000);
  expect(inFlight.size).toBe(0);
});
