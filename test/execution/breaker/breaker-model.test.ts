import { describe, expect, test } from 'vitest';
import { type BreakerSettings, breakersConfig } from '../../../src/config/breakers.ts';
import { Breaker, type BreakerState } from '../../../src/execution/breaker/breaker.ts';
import type { Probe } from '../../../src/execution/guard/field-breaker.ts';
import { createRandom } from '../../../subgraphs/shared/random.ts';
import { BreakerModel } from './breaker-model.ts';

const RUNS = 25;
const STEPS = 300;

function randomSettings(window: string, random: () => number): BreakerSettings {
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  return breakersConfig.parse({
    default: {
      window,
      minimumCalls: between(1, 12),
      failureRate: 0.1 + random() * 0.9,
      openFor: `${between(1, 20) * 100}ms`,
      maxOpenFor: `${between(1, 60) * 100}ms`,
      probes: between(1, 4),
      ...(random() < 0.5 ? { slowCall: '100ms', slowCallRate: 0.1 + random() * 0.9 } : {}),
    },
  }).default;
}

/** One breaker and its model, to which the same happens. */
class Pair {
  readonly transitions: BreakerState[] = [];
  readonly #random: () => number;
  readonly #model: BreakerModel;
  readonly #breaker: Breaker;
  readonly #probes: number;
  /** With the state in which each was let through. */
  readonly #running = new Map<Probe, BreakerState>();
  #now: number;

  constructor(settings: BreakerSettings, random: () => number) {
    this.#random = random;
    this.#now = random() * 1e6;
    this.#probes = settings.probes;
    this.#model = new BreakerModel(settings);
    this.#breaker = new Breaker({
      subgraph: 's',
      coordinate: 'A.b',
      settings,
      random,
      onTransition: (_, state) => void this.transitions.push(state),
    });
  }

  /** Time goes by, requests come and end. */
  step(failing: number): void {
    this.#now += this.#random() ** 4 * 1_500;
    const tookMs = this.#random() * 130;
    const failed = this.#random() < failing;
    const passage = this.#breaker.enter(this.#now);
    const expected = this.#model.enter(this.#now);
    expect(typeof passage === 'object' ? 'probe' : passage).toBe(expected);
    // What was sent before it opened ends whenever it likes.
    if (expected === 'pass' || this.#random() < 0.1) {
      this.#breaker[failed ? 'failure' : 'success'](this.#now, tookMs);
      this.#model.sample(this.#now, failed, tookMs);
    }
    if (typeof passage === 'object') this.#running.set(passage, this.#breaker.state);
    for (const [probe, state] of this.#running) if (this.#random() < 0.3) this.#end(probe, state, failing);
    this.#compare();
  }

  /** What another instance tells. */
  hear(): void {
    if (this.#random() < 0.5) {
      this.#breaker.close(this.#now);
      this.#model.close(this.#now);
    } else {
      const forMs = this.#random() * 3_000;
      this.#breaker.openFor(this.#now, forMs);
      this.#model.openFor(this.#now, forMs);
    }
    this.#compare();
  }

  /** An operator's word: it decides who passes, and changes nothing else. */
  force(to: 'open' | 'closed'): void {
    const before = this.#breaker.state;
    this.#breaker.force({ to, until: this.#now + 1 });
    expect(this.#breaker.enter(this.#now)).toBe(to === 'open' ? 'cut' : 'pass');
    this.#breaker.force(null);
    expect(this.#breaker.state).toBe(before);
  }

  #end(probe: Probe, state: BreakerState, failing: number): void {
    const outcome = this.#random() < 0.1 ? 'unknown' : this.#random() < failing ? 'failure' : 'success';
    const tookMs = this.#random() * 105;
    // One of an earlier time decides nothing.
    if (this.#breaker.state === state) this.#model.probeEnded(this.#now, outcome, tookMs);
    probe.ended(outcome, { now: this.#now, tookMs });
    this.#running.delete(probe);
  }

  #compare(): void {
    const { state } = this.#breaker;
    const { kind, openings } = this.#model;
    expect([state.kind, state.openings, { ...this.#breaker.tally(this.#now) }]).toEqual([
      kind,
      openings,
      this.#model.tally(this.#now),
    ]);
    if (state.kind === 'open') {
      const [earliest, latest] = this.#model.until;
      expect(state.until).toBeGreaterThanOrEqual(earliest);
      expect(state.until).toBeLessThanOrEqual(latest);
      this.#model.until = [state.until, state.until];
    }
    const current = [...this.#running.values()].filter(since => since === state);
    expect(current.length).toBeLessThanOrEqual(this.#probes);
  }
}

describe.each(['10s', '300ms', '1500ms', '50 calls', '7 calls', '1 calls'])('with a window of %s', window => {
  test('a breaker does what its description says, whatever happens', () => {
    const random = createRandom(window.length);
    for (let run = 0; run < RUNS; run++) {
      const pair = new Pair(randomSettings(window, random), random);
      const failing = random();
      for (let step = 0; step < STEPS; step++) {
        pair.step(failing);
        if (random() < 0.02) pair.hear();
        if (random() < 0.02) pair.force(random() < 0.5 ? 'open' : 'closed');
      }
    }
  });

  test('one that flaps opens no more often than it must stay open', () => {
    const random = createRandom(window.length + 100);
    let openings = 0;
    for (let run = 0; run < RUNS; run++) {
      const settings = randomSettings(window, random);
      const pair = new Pair(settings, random);
      for (let step = 0; step < STEPS; step++) pair.step(step % 2);
      const opened = pair.transitions.filter(({ kind }) => kind === 'open').map(({ since }) => since);
      openings += opened.length;
      for (const [index, since] of opened.entries())
        expect(since - (opened[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(
          settings.openFor,
        );
    }
    expect(openings).toBeGreaterThan(RUNS);
  });
});
