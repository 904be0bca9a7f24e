import { expect, test } from 'vitest';
import { gatewayConfig } from '../../../src/config/gateway-config.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { resolvePersonas } from '../../../src/config/resolve-personas.ts';
import { Load } from '../../../src/http/overload/load.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { recordingLogger } from '../../support/recording-logger.ts';

/** Ten requests at most, seven for `low`; lag up to 100 ms, 70 for `low`. */
function start() {
  const personas = { high: { priority: 80 }, low: { priority: 10 } };
  const server = { overload: { maxRequests: 10, maxLag: '100ms' } };
  const config = parseConfig(gatewayConfig, { server, personas }, 'test');
  const [high = expect.fail(), low = expect.fail()] = resolvePersonas(config);
  const overload = config.server.overload ?? expect.fail();
  const clock = { at: 0, now: () => 0, elapsed: () => clock.at };
  const lag = { lagMs: 0, sample: () => {} };
  const { logger, lines: log } = recordingLogger();
  const metrics = createMetrics();
  const load = new Load({ config: overload, personas: [high, low], clock, logger, metrics }, lag);
  const passTime = (ms: number): void => {
    clock.at += ms;
    load.tick();
  };
  const fill = (count: number): void => {
    for (let i = 0; i < count; i++) expect(load.enter(high)).toBe(true);
  };
  const empty = (): void => {
    while (load.inFlight > 0) load.leave();
  };
  return { load, high, low, lag, log, metrics, passTime, fill, empty };
}

test('requests in flight refuse the lowest persona first, the highest last, and nobody once they have left', () => {
  const { load, high, low, fill, empty } = start();
  fill(6);
  expect(load.enter(low)).toBe(true);
  expect([load.enter(low), load.enter(high)]).toEqual([false, true]);
  fill(2);
  expect([load.enter(low), load.enter(high), load.inFlight]).toEqual([false, false, 10]);
  empty();
  expect([load.enter(low), load.enter(high), load.inFlight]).toEqual([true, true, 2]);
});

test('lag refuses in the same order, whatever is in flight', () => {
  const { load, high, low, lag } = start();
  const both = (lagMs: number): readonly boolean[] => {
    lag.lagMs = lagMs;
    return [load.enter(low), load.enter(high)];
  };
  expect([both(69), both(70), both(99), both(100)]).toEqual([
    [true, true],
    [false, true],
    [false, true],
    [false, false],
  ]);
});

test('it lasts until a second after the last refusal', () => {
  const { load, low, passTime, fill, empty } = start();
  fill(7);
  passTime(100);
  expect(load.isShedding).toBe(false);
  load.enter(low);
  expect(load.isShedding).toBe(true);
  passTime(900);
  load.enter(low);
  empty();
  passTime(999);
  expect(load.isShedding).toBe(true);
  passTime(1);
  expect(load.isShedding).toBe(false);
});

test('it lasts as long as the lowest persona would be refused again, though nobody asks', () => {
  const { load, low, lag, passTime, fill, empty } = start();
  fill(7);
  load.enter(low);
  passTime(60_000);
  expect(load.isShedding).toBe(true);
  empty();
  lag.lagMs = 70;
  passTime(100);
  expect(load.isShedding).toBe(true);
  lag.lagMs = 69;
  passTime(100);
  expect(load.isShedding).toBe(false);
});

test('there is one line when it begins and one when it ends, with what was refused', () => {
  const { load, high, low, log, passTime, fill, empty } = start();
  fill(10);
  for (let i = 0; i < 5; i++) load.enter(low);
  load.enter(high);
  empty();
  passTime(1_000);
  passTime(1_000);
  expect(log.map(({ level, fields }) => [level, fields])).toEqual([
    ['warn', { persona: 'low', inFlight: 10, lagMs: 0 }],
    ['info', { refused: { low: 5, high: 1 }, durationMs: 1_000 }],
  ]);
  fill(7);
  load.enter(low);
  expect(log.at(-1)?.level).toBe('warn');
});

test('metrics tell who was refused, how late the loop is, and the greater pressure of the two', async () => {
  const { load, low, lag, metrics, passTime, fill, empty } = start();
  const lines = async (): Promise<readonly string[]> =>
    (await metrics.registry.metrics()).split('\n').filter(line => /^weir_(overload|event)/.test(line));
  fill(7);
  load.enter(low);
  lag.lagMs = 25;
  passTime(100);
  expect(await lines()).toEqual([
    'weir_overload_shed_total{persona="low"} 1',
    'weir_overload_pressure 0.7',
    'weir_event_loop_lag_seconds 0.025',
  ]);
  empty();
  passTime(100);
  expect(await lines()).toContain('weir_overload_pressure 0.25');
});
