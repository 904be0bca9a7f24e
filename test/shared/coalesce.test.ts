import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { coalesce } from '../../src/shared/coalesce.ts';

afterEach(() => void vi.useRealTimers());

/** Runs that end when they are told to. */
function open(holdMs: number, atMostSize = 100) {
  const atMost = 4;
  const runs: { readonly items: readonly number[]; end(error?: Error): void }[] = [];
  const ask = coalesce<number, number>(
    items =>
      new Promise((resolve, reject) => {
        runs.push({
          items,
          end: error => (error === undefined ? resolve(items.map(item => item * 10)) : reject(error)),
        });
      }),
    // Numbers are as large as they are.
    { atMost, atMostSize, sizeOf: item => item, holdMs },
  );
  return { runs, ask, items: () => runs.map(run => run.items) };
}

test('what is asked for in one turn is run together, so many at most', async () => {
  const { ask, items, runs } = open(0);
  const all = [1, 2, 3, 4, 5].map(ask);
  expect(items()).toEqual([]);
  await nextTurn();
  expect(items()).toEqual([[1, 2, 3, 4], [5]]);
  for (const run of runs) run.end();
  expect(await Promise.all(all)).toEqual([10, 20, 30, 40, 50]);
});

test('without a hold the next turn does not wait for those before', async () => {
  const { ask, items } = open(0);
  void ask(1);
  await nextTurn();
  void ask(2);
  await nextTurn();
  expect(items()).toEqual([[1], [2]]);
});

test('with one, what comes while others are run goes when they have ended', async () => {
  const { ask, items, runs } = open(1_000);
  void ask(1);
  await nextTurn();
  const second = ask(2);
  await nextTurn();
  const third = ask(3);
  await nextTurn();
  expect(items()).toEqual([[1]]);
  runs[0]?.end();
  await nextTurn();
  // What is read in the turn in which it ended goes with them.
  await new Promise<void>(resolve => process.nextTick(resolve));
  const fourth = ask(4);
  expect(items()).toEqual([[1]]);
  await nextTurn();
  expect(items()).toEqual([[1], [2, 3, 4]]);
  runs[1]?.end();
  expect(await Promise.all([second, third, fourth])).toEqual([20, 30, 40]);
  void ask(5);
  await nextTurn();
  expect(items()).toHaveLength(3);
});

test('it is held so long at most, and not when there are enough', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { ask, items } = open(20);
  void ask(1);
  await nextTurn();
  void ask(2);
  vi.advanceTimersByTime(19);
  expect(items()).toEqual([[1]]);
  vi.advanceTimersByTime(1);
  expect(items()).toEqual([[1], [2]]);
  for (const item of [3, 4, 5]) void ask(item);
  await nextTurn();
  expect(items()).toHaveLength(2);
  void ask(6);
  expect(items()).toEqual([[1], [2], [3, 4, 5, 6]]);
});

test('what fails fails all who were in it, and holds nobody', async () => {
  const { ask, items, runs } = open(1_000);
  const first = ask(1);
  await nextTurn();
  void ask(2);
  runs[0]?.end(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  await nextTurn();
  expect(items()).toEqual([[1], [2]]);
});

test('what is large together is run apart, each in its order, and what is too large by itself alone', async () => {
  const { ask, items, runs } = open(0, 10);
  const all = [4, 6, 1, 30, 30, 2, 3].map(ask);
  await nextTurn();
  expect(items()).toEqual([[4, 6], [1], [30], [30], [2, 3]]);
  for (const run of runs) run.end();
  expect(await Promise.all(all)).toEqual([40, 60, 10, 300, 300, 20, 30]);
});

test('what answers each by itself is on its way until the last has its answer', async () => {
  const ends: (() => void)[] = [];
  const runs: (readonly number[])[] = [];
  const ask = coalesce<number, number>(
    async items => {
      runs.push(items);
      return items.map(item => new Promise<number>(resolve => ends.push(() => resolve(item * 10))));
    },
    { atMost: 4, atMostSize: 100, sizeOf: () => 1, holdMs: 1_000 },
  );
  const [first, second] = [ask(1), ask(2)];
  await nextTurn();
  const third = ask(3);
  ends[0]?.();
  // Nobody waits for the others' answers.
  expect(await first).toBe(10);
  await nextTurn();
  expect(runs).toEqual([[1, 2]]);
  ends[1]?.();
  expect(await second).toBe(20);
  await nextTurn();
  await nextTurn();
  expect(runs).toEqual([[1, 2], [3]]);
  ends[2]?.();
  expect(await third).toBe(30);
});
