import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createTally, TalliedHistogram } from '../../src/telemetry/tallies.ts';

const describedIn = (registry: Registry, labelNames: string[]) => {
  return { name: 'waits', help: 'How long.', labelNames, registers: [registry] };
};

test('a histogram says what that of prom-client says, in both of its forms', async () => {
  const [own, theirs] = [new Registry(), new Registry()];
  const bounds = [0.5, 1, 5];
  const tallied = new TalliedHistogram(describedIn(own, ['who', 'where']), bounds);
  const usual = new Histogram({ ...describedIn(theirs, ['who', 'where']), buckets: bounds });
  for (const [who, where, value] of [
    ['a', 'x', 0.5],
    ['a', 'y', 0.500_1],
    ['b', 'x', 5],
    ['a', 'x', 1_000],
    ['a', 'x', 0],
  ] as const) {
    tallied.add([who, where], value);
    usual.observe({ who, where }, value);
  }
  const lines = async (registry: Registry) => (await registry.metrics()).split('\n').toSorted();
  expect(await lines(own)).toEqual(await lines(theirs));
  expect(await own.getMetricsAsJSON()).toMatchObject([
    { name: 'waits', type: 'histogram', aggregator: 'sum' },
  ]);
});

test('a tally tells each count once, however often it is asked', async () => {
  const registry = new Registry();
  const tally = createTally(describedIn(registry, ['who']));
  const told = async () => (await registry.metrics()).split('\n').filter(line => line.startsWith('waits'));
  expect(await told()).toEqual([]);
  tally.inc(['a']);
  tally.inc(['b'], 5);
  tally.inc(['a']);
  const counted = ['waits{who="a"} 2', 'waits{who="b"} 5'];
  expect(await told()).toEqual(counted);
  expect(await told()).toEqual(counted);
});

test('what has no labels is 0 before anything is counted', async () => {
  const registry = new Registry();
  createTally(describedIn(registry, []));
  expect(await registry.metrics()).toContain('\nwaits 0\n');
});
