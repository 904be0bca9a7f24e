import { expect, test } from 'vitest';
import { Lane } from '../../src/shared/lane.ts';
import { createGate } from '../support/gate.ts';

test('one is done at a time, in their order, and one that fails holds up nobody', async () => {
  const lane = new Lane(2);
  const gates = [0, 1, 2].map(() => createGate());
  const log: string[] = [];
  const results = gates.map(({ opened }, index) =>
    lane.run(async () => {
      log.push(`begins ${index}`);
      await opened;
      log.push(`ends ${index}`);
      if (index === 1) throw new Error('no');
      return index;
    }),
  );
  expect(lane.isFull).toBe(true);
  for (const { open } of gates.toReversed()) open();
  expect(await Promise.allSettled(results)).toEqual([
    { status: 'fulfilled', value: 0 },
    { status: 'rejected', reason: new Error('no') },
    { status: 'fulfilled', value: 2 },
  ]);
  expect(log).toEqual(['begins 0', 'ends 0', 'begins 1', 'ends 1', 'begins 2', 'ends 2']);
  expect(lane.isFull).toBe(false);
});

test('there is room for one, and for so many that wait', async () => {
  const lane = new Lane(1);
  const { opened, open } = createGate();
  const first = lane.run(() => opened);
  expect(lane.isFull).toBe(false);
  const second = lane.run(async () => {});
  expect(lane.isFull).toBe(true);
  open();
  await Promise.all([first, second]);
  await Promise.resolve();
  expect(lane.isFull).toBe(false);
});
