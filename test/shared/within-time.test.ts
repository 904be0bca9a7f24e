import { stat } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withinTime } from '../../src/shared/within-time.ts';
import { standStill } from '../support/stand-still.ts';

const tooLate = (): Error => new Error('too late');

test('what comes in time is had, and what does not is given up', async () => {
  expect(await withinTime(Promise.resolve('a'), 1_000, tooLate)).toBe('a');
  await expect(withinTime(Promise.reject(new Error('no')), 1_000, tooLate)).rejects.toThrow('no');
  await expect(withinTime(new Promise(() => {}), 5, tooLate)).rejects.toThrow('too late');
});

test('what has come is had, though this process looks for it when the time is over', async () => {
  // Timers are what comes next in its loop.
  await turn();
  // Another thread looks while this one stands still.
  const found = withinTime(stat('.'), 20, tooLate);
  standStill(200);
  expect((await found).isDirectory()).toBe(true);
});
