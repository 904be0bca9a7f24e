import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startOwnTime } from './own-time.ts';
import { standStill } from './stand-still.ts';

const workFor = (ms: number): void => {
  const before = process.cpuUsage();
  const workedMs = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  while (workedMs() < ms);
};

test('time that a process waits for is its own', async () => {
  using time = startOwnTime();
  await sleep(300);
  // On a machine that is busy, some of it is not.
  expect(time.ms).toBeGreaterThan(100);
});

test('so is time that it works, with and without a turn of its loop', async () => {
  using time = startOwnTime();
  workFor(150);
  expect(time.ms).toBeGreaterThan(145);
  await sleep(0);
  workFor(150);
  expect(time.ms).toBeGreaterThan(290);
});

test('time that it stands still is not', async () => {
  const began = performance.now();
  using time = startOwnTime();
  for (let i = 0; i < 5; i++) {
    standStill(200);
    await sleep(0);
  }
  expect(performance.now() - began).toBeGreaterThan(990);
  expect(time.ms).toBeLessThan(300);
});
