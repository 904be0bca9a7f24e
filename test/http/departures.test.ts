import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Departures } from '../../src/http/departures.ts';
import { handClock } from '../support/test-identity.ts';

function open(inFlight: number) {
  const clock = handClock();
  const departures = new Departures(clock);
  for (let i = 0; i < inFlight; i++) departures.begun();
  const left: number[] = [];
  const send = async (name: number, bytes = 100) => {
    const waiting = departures.wait(bytes);
    if (waiting !== null) await waiting;
    left.push(name);
  };
  return { departures, left, send, clock };
}

test('who is alone leaves at once, and so does who has much to carry', () => {
  const { departures, clock } = open(1);
  expect(departures.wait(100)).toBeNull();
  departures.begun();
  expect(departures.wait(128 * 1024 + 1)).toBeNull();
  expect(departures.wait(128 * 1024)).not.toBeNull();
  departures.ended();
  clock.at += 0.07;
  expect(departures.wait(100)).toBeNull();
});

test('who leaves right behind another is not alone', () => {
  const { departures, clock } = open(1);
  expect(departures.wait(100)).toBeNull();
  clock.at += 0.05;
  expect(departures.wait(100)).not.toBeNull();
  clock.at += 0.07;
  expect(departures.wait(100)).toBeNull();
});

test('several leave together when the turn of the event loop ends', async () => {
  const { left, send } = open(3);
  void send(1);
  await Promise.resolve();
  void send(2);
  await new Promise<void>(resolve => process.nextTick(resolve));
  expect(left).toEqual([]);
  await nextTurn();
  expect(left).toEqual([1, 2]);
  void send(3);
  expect(left).toEqual([1, 2]);
  await nextTurn();
  expect(left).toEqual([1, 2, 3]);
});

test('sixteen do not wait for more', async () => {
  const { left, send } = open(40);
  for (let i = 0; i < 20; i++) void send(i);
  for (let i = 0; i < 3; i++) await Promise.resolve();
  expect(left).toHaveLength(16);
  await nextTurn();
  expect(left).toHaveLength(20);
});
