import { afterEach, expect, test, vi } from 'vitest';
import type { SupergraphReading } from '../../src/supergraph/supergraph-source.ts';
import { WatchedSupergraph } from '../../src/supergraph/watched-supergraph.ts';

const reading = (sdl: string): SupergraphReading => ({
  files: new Map(),
  outcome: { kind: 'read', sdl, hints: [], warnings: [] },
});

afterEach(() => {
  vi.useRealTimers();
});

/** A supergraph whose readings end when the test says so. */
function scripted({ restMs = 0, polls = true } = {}) {
  const readings: ((value: SupergraphReading) => void)[] = [];
  const updates: string[] = [];
  const infos: string[] = [];
  const errors: string[] = [];
  const warnings: string[] = [];
  const seen = { failures: 0, watches: 0 };
  let change = (_changed: readonly string[]): void => {};
  const supergraph = new WatchedSupergraph({
    source: { read: () => new Promise(resolve => readings.push(resolve)) },
    logger: {
      debug() {},
      info: (_fields, message) => void infos.push(message),
      warn: (_fields, message) => void warnings.push(message),
      error: (_fields, message) => void errors.push(message),
    },
    onFailed: () => seen.failures++,
    watch(onChange) {
      seen.watches++;
      change = onChange;
      return { follow() {}, close: () => void seen.watches-- };
    },
    restMs,
    polls,
  });
  const initialize = () =>
    supergraph.initialize({
      update(sdl) {
        if (sdl === 'refused') throw new Error('refused');
        updates.push(sdl);
      },
      healthCheck: async () => {},
      getDataSource: () => ({ process: () => Promise.reject(new Error('unused')) }),
    });
  return {
    supergraph,
    readings,
    updates,
    infos,
    errors,
    warnings,
    seen,
    initialize,
    edit: () => change(['a.graphql']),
    async started() {
      const starting = initialize();
      readings[0]?.(reading('first'));
      return starting;
    },
  };
}

test('changes during a reading lead to one more reading, and an update that throws does not end the following', async () => {
  const { readings, updates, seen, edit, started } = scripted();
  await started();
  for (let count = 0; count < 5; count++) edit();
  expect(readings).toHaveLength(2);
  readings[1]?.(reading('refused'));
  await expect.poll(() => readings.length).toBe(3);
  readings[2]?.(reading('second'));
  await expect.poll(() => updates).toEqual(['second']);
  expect({ readings: readings.length, failures: seen.failures }).toEqual({ readings: 3, failures: 1 });
});

test('who asks for a reload before the first reading is over gets one afterwards', async () => {
  const { supergraph, readings, updates, initialize } = scripted();
  const starting = initialize();
  supergraph.reload();
  expect(readings).toHaveLength(1);
  readings[0]?.(reading('first'));
  await starting;
  await expect.poll(() => readings.length).toBe(2);
  readings[1]?.(reading('second'));
  await expect.poll(() => updates).toEqual(['second']);
});

test('who asks for a reload is told of one that changes nothing, a file that changes is not', async () => {
  const { supergraph, readings, infos, edit, started } = scripted();
  await started();
  edit();
  readings[1]?.(reading('first'));
  // One turn of the event loop, in which what follows a reading is done.
  await new Promise(setImmediate);
  expect(infos).toEqual([]);
  supergraph.reload();
  readings[2]?.(reading('first'));
  await expect.poll(() => infos).toEqual(['the supergraph was read again, and is as it was']);
});

test('readings have a rest between them, in which changes wait for the next', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { readings, updates, edit, started } = scripted({ restMs: 5_000 });
  await started();
  edit();
  readings[1]?.(reading('second'));
  await vi.advanceTimersByTimeAsync(10);
  edit();
  edit();
  await vi.advanceTimersByTimeAsync(4_980);
  expect({ readings: readings.length, updates }).toEqual({ readings: 2, updates: ['second'] });
  await vi.advanceTimersByTimeAsync(20);
  expect(readings).toHaveLength(3);
  readings[2]?.(reading('third'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect({ readings: readings.length, updates }).toEqual({ readings: 3, updates: ['second', 'third'] });
});

test('once stopped it takes neither the reading that goes on, nor changes, nor who asks, and watches nothing', async () => {
  const { supergraph, readings, updates, seen, edit, started } = scripted();
  await started();
  edit();
  supergraph.stop();
  readings[1]?.(reading('second'));
  await new Promise(setImmediate);
  edit();
  supergraph.reload();
  expect({ readings: readings.length, updates, watches: seen.watches }).toEqual({
    readings: 2,
    updates: [],
    watches: 0,
  });
});

test('to be stopped ends the rest, and with it what waited for its end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { supergraph, readings, edit, started } = scripted({ restMs: 5_000 });
  await started();
  edit();
  readings[1]?.(reading('second'));
  await vi.advanceTimersByTimeAsync(10);
  edit();
  supergraph.stop();
  await vi.advanceTimersByTimeAsync(0);
  expect({ readings: readings.length, timers: vi.getTimerCount() }).toEqual({ readings: 2, timers: 0 });
});

const polled = (value: SupergraphReading): SupergraphReading => ({ ...value, againAfterMs: 10_000 });
const failed: SupergraphReading = {
  files: new Map(),
  outcome: { kind: 'failed', error: new Error('nothing listens there') },
};

test('what is behind a URL is read again after its time, and what keeps it from that is told once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { supergraph, readings, updates, infos, errors, seen, initialize } = scripted({ restMs: 5_000 });
  const starting = initialize();
  readings[0]?.(polled(reading('first')));
  await starting;
  const answers = [reading('first'), failed, failed, reading('first'), reading('second'), reading('second')];
  for (const [index, answer] of answers.entries()) {
    await vi.advanceTimersByTimeAsync(10_000);
    expect(readings).toHaveLength(index + 2);
    readings[index + 1]?.(polled(answer));
    await vi.advanceTimersByTimeAsync(0);
    // Only what has been replaced has to rest.
    if (answer.outcome.kind === 'read' && answer.outcome.sdl === 'second')
      await vi.advanceTimersByTimeAsync(5_000);
  }
  expect({ updates, failures: seen.failures, errors: errors.length }).toEqual({
    updates: ['second'],
    failures: 2,
    errors: 1,
  });
  expect(infos).toEqual(['the supergraph can be used again; it is the one being served']);
  supergraph.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test('what nobody is to follow is not read again after its time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { readings, initialize } = scripted({ polls: false });
  const starting = initialize();
  readings[0]?.(polled(reading('first')));
  await starting;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(readings).toHaveLength(1);
});

test('what is most likely a mistake is warned of with each supergraph that is served', async () => {
  const { readings, warnings, edit, initialize } = scripted();
  const odd = (sdl: string): SupergraphReading => ({
    files: new Map(),
    outcome: { kind: 'read', sdl, hints: [], warnings: [`${sdl} is odd`] },
  });
  const starting = initialize();
  readings[0]?.(odd('first'));
  await starting;
  edit();
  readings[1]?.(odd('first'));
  await new Promise(setImmediate);
  edit();
  readings[2]?.(odd('second'));
  await expect.poll(() => warnings).toEqual(['first is odd', 'second is odd']);
});
