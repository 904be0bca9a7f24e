import { expect, test } from 'vitest';
import type { SupergraphReading } from '../../src/supergraph/supergraph-source.ts';
import { watchingSupergraph } from '../../src/supergraph/watching-manager.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const reading = (sdl: string): SupergraphReading => ({
  files: new Map(),
  outcome: { kind: 'read', sdl, hints: [] },
});

test('changes during a reading lead to one more reading, and an update that throws does not end the following', async () => {
  const readings: ((value: SupergraphReading) => void)[] = [];
  let change = (_changed: readonly string[]): void => {};
  const updates: string[] = [];
  let failures = 0;
  const manager = watchingSupergraph({
    source: { read: () => new Promise(resolve => readings.push(resolve)) },
    logger: silent,
    onFailed: () => failures++,
    watch: onChange => {
      change = onChange;
      return { follow() {}, close() {} };
    },
  });
  const starting = manager.initialize({
    update(sdl) {
      if (sdl === 'refused') throw new Error('refused');
      updates.push(sdl);
    },
    healthCheck: async () => {},
    getDataSource: () => ({ process: () => Promise.reject(new Error('unused')) }),
  });
  readings[0]?.(reading('first'));
  await starting;

  for (let edit = 0; edit < 5; edit++) change(['a.graphql']);
  expect(readings).toHaveLength(2);
  readings[1]?.(reading('refused'));
  await expect.poll(() => readings.length).toBe(3);
  readings[2]?.(reading('second'));
  await expect.poll(() => updates).toEqual(['second']);
  expect({ readings: readings.length, failures }).toEqual({ readings: 3, failures: 1 });
});
