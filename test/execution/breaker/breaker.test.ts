import { describe, expect, test } from 'vitest';
import { type BreakerSettings, breakersConfig } from '../../../src/config/breakers.ts';
import { Breaker, type BreakerState } from '../../../src/execution/breaker/breaker.ts';
import { createWindow } from '../../../src/execution/breaker/sample-window.ts';
import type { Probe } from '../../../src/execution/guard/field-breaker.ts';
import { createRandom } from '../../../subgraphs/shared/random.ts';

function settings(written: object = {}): BreakerSettings {
  return breakersConfig.parse({ default: written }).default;
}

function breakerWith(written: object = {}, random = () => 0) {
  const transitions: BreakerState[] = [];
  const breaker = new Breaker({
    subgraph: 'products',
    coordinate: 'Product.stock',
    settings: settings(written),
    random,
    onTransition: (_, state) => transitions.push(state),
  });
  return { breaker, transitions, kinds: () => transitions.map(({ kind }) => kind) };
}

function probeOf(passage: ReturnType<Breaker['enter']>): Probe {
  if (typeof passage === 'string') throw new Error(`no probe: ${passage}`);
  return passage;
}

describe('a closed breaker', () => {
  test('opens at its rate of failures, and not before there are enough calls', () => {
    const { breaker, kinds } = breakerWith({ minimumCalls: 4, failureRate: 0.5 });
    breaker.failure(0, 1);
    breaker.failure(0, 1);
    breaker.success(0, 1);
    expect(breaker.isClosed()).toBe(true);
    breaker.success(0, 1);
    expect(breaker.isClosed()).toBe(true);
    breaker.failure(0, 1);
    expect(kinds()).toEqual(['open']);
  });

  test('opens at its rate of slow calls, that failed or not', () => {
    const { breaker, kinds } = breakerWith({ minimumCalls: 2, slowCall: '100ms', slowCallRate: 1 });
    breaker.success(0, 101);
    breaker.success(0, 100);
    breaker.success(0, 500);
    expect(kinds()).toEqual([]);
    const slow = breakerWith({ minimumCalls: 2, slowCall: '100ms', slowCallRate: 1 });
    slow.breaker.success(0, 101);
    slow.breaker.success(0, 101);
    expect(slow.kinds()).toEqual(['open']);
  });
});

describe('an open breaker', () => {
  test('is half-open when its time is up, lets its probes through at once and no more', () => {
    const { breaker, kinds } = breakerWith({ minimumCalls: 1, openFor: '5s', probes: 2 });
    breaker.failure(0, 1);
    expect(breaker.enter(4_999)).toBe('cut');
    const first = probeOf(breaker.enter(5_000));
    const second = probeOf(breaker.enter(5_000));
    expect(breaker.enter(5_000)).toBe('cut');
    first.ended('success', { now: 5_001, tookMs: 1 });
    expect(breaker.enter(5_001)).toBe('cut');
    second.ended('success', { now: 5_002, tookMs: 1 });
    expect(kinds()).toEqual(['open', 'half-open', 'closed']);
    expect(breaker.enter(5_002)).toBe('pass');
  });

  test('opens for twice as long each time a probe fails, up to its bound, and anew after it has been well', () => {
    const { breaker, transitions } = breakerWith({
      minimumCalls: 1,
      openFor: '5s',
      maxOpenFor: '15s',
      probes: 1,
    });
    let now = 0;
    breaker.failure(now, 1);
    for (let round = 0; round < 3; round++) {
      now = (transitions.at(-1) as { until: number }).until;
      probeOf(breaker.enter(now)).ended('failure', { now, tookMs: 1 });
    }
    now = (transitions.at(-1) as { until: number }).until;
    probeOf(breaker.enter(now)).ended('success', { now, tookMs: 1 });
    now += 15_001;
    breaker.failure(now, 1);
    const lengths = transitions.flatMap(state => (state.kind === 'open' ? [state.until - state.since] : []));
    expect(lengths).toEqual([5_000, 10_000, 15_000, 15_000, 5_000]);
  });

  test('a slow probe is a failed one', () => {
    const { breaker, kinds } = breakerWith({ minimumCalls: 1, slowCall: '100ms', probes: 1 });
    breaker.failure(0, 1);
    probeOf(breaker.enter(5_000)).ended('success', { now: 5_200, tookMs: 200 });
    expect(kinds()).toEqual(['open', 'half-open', 'open']);
  });

  test('a probe that came to nothing makes room for another', () => {
    const { breaker } = breakerWith({ minimumCalls: 1, probes: 1 });
    breaker.failure(0, 1);
    probeOf(breaker.enter(5_000)).ended('unknown', { now: 5_001, tookMs: 0 });
    expect(typeof breaker.enter(5_001)).toBe('object');
  });

  test('a probe of an earlier time decides nothing', () => {
    const { breaker, kinds } = breakerWith({ minimumCalls: 1, probes: 2, openFor: '5s' });
    breaker.failure(0, 1);
    const late = probeOf(breaker.enter(5_000));
    probeOf(breaker.enter(5_000)).ended('failure', { now: 5_001, tookMs: 1 });
    const state = breaker.state as { until: number };
    probeOf(breaker.enter(state.until));
    late.ended('failure', { now: state.until, tookMs: 1 });
    expect(kinds()).toEqual(['open', 'half-open', 'open', 'half-open']);
    expect(breaker.state).toMatchObject({ running: 1 });
  });

  test('what was sent before it opened says nothing when it ends', () => {
    const { breaker, kinds } = breakerWith({ minimumCalls: 1 });
    breaker.failure(0, 1);
    breaker.success(10, 1);
    breaker.failure(10, 1);
    expect(kinds()).toEqual(['open']);
  });
});

test("an operator's word counts until its time is up", () => {
  const { breaker } = breakerWith();
  breaker.force({ to: 'open', until: 1_000 });
  expect([breaker.isClosed(), breaker.enter(999), breaker.retryAfterMs(400)]).toEqual([false, 'cut', 600]);
  expect(breaker.enter(1_000)).toBe('pass');
  expect(breaker.isClosed()).toBe(true);
  const failing = breakerWith({ minimumCalls: 1 }).breaker;
  failing.failure(0, 1);
  failing.force({ to: 'closed', until: 2_000 });
  expect([failing.enter(1), failing.enter(2_000)]).toEqual(['pass', 'cut']);
});

describe('a window', () => {
  test.each([
    ['of time', { kind: 'time', ms: 1_000 } as const],
    ['of calls', { kind: 'calls', calls: 20 } as const],
  ])('%s counts what a plain list of its samples would', (_, config) => {
    const random = createRandom(7);
    const window = createWindow(config);
    const samples: { readonly at: number; readonly failed: boolean; readonly slow: boolean }[] = [];
    let now = 5_000;
    for (let step = 0; step < 5_000; step++) {
      now += random() ** 4 * 400;
      if (random() < 0.001) {
        window.clear();
        samples.length = 0;
      }
      const sample = { at: now, failed: random() < 0.5, slow: random() < 0.2 };
      samples.push(sample);
      window.add(now, sample.failed, sample.slow);
      const first = Math.floor(now / 100) - 9;
      const counted =
        config.kind === 'calls'
          ? samples.slice(-config.calls)
          : samples.filter(({ at }) => Math.floor(at / 100) >= first);
      expect(window.tally(now)).toEqual({
        calls: counted.length,
        failures: counted.filter(({ failed }) => failed).length,
        slow: counted.filter(({ slow }) => slow).length,
      });
    }
  });
});
