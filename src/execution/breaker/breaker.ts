import type { BreakerSettings } from '../../config/breakers.ts';
import type { FieldBreaker, Probe, ProbeOutcome } from '../guard/field-breaker.ts';
import { createWindow, type SampleWindow, type Tally } from './sample-window.ts';

/** What a breaker does. Times are monotonic, ms. */
export type BreakerState =
  | { readonly kind: 'closed'; readonly since: number; readonly openings: number }
  | { readonly kind: 'open'; readonly since: number; readonly until: number; readonly openings: number }
  | {
      readonly kind: 'half-open';
      readonly since: number;
      readonly openings: number;
      running: number;
      succeeded: number;
    };

export interface BreakerOptions {
  readonly subgraph: string;
  readonly coordinate: string;
  readonly settings: BreakerSettings;
  /** 0 to 1. */
  readonly random: () => number;
  readonly onTransition: (breaker: Breaker, state: BreakerState) => void;
}

/** What an operator has decided, over what the breaker would do. */
export interface Forced {
  readonly to: 'open' | 'closed';
  readonly until: number;
}

/** Openings after which `openFor` has reached any bound. */
const MAX_DOUBLINGS = 20;

/** By how much longer than it must a breaker may stay open, so that not all of a fleet probe at once. */
const JITTER = 0.2;

/**
 * The circuit breaker of one field of one subgraph (M. Nygard, Release It!, "Circuit Breaker"): closed until too many
 * of the samples in its window have failed or were slow, open for a time in which the field is not asked for, then
 * half-open for exactly `probes` requests. All of them do well: closed. One does not: open, for twice as long.
 * Nothing is allocated while it is closed.
 */
export class Breaker implements FieldBreaker {
  readonly subgraph: string;
  readonly coordinate: string;
  readonly settings: BreakerSettings;
  readonly #options: BreakerOptions;
  readonly #window: SampleWindow;
  readonly #ignored: ReadonlySet<string>;
  readonly #slowMs: number;
  #state: BreakerState = { kind: 'closed', since: 0, openings: 0 };
  #forced: Forced | null = null;

  constructor(options: BreakerOptions) {
    const { subgraph, coordinate, settings } = options;
    this.subgraph = subgraph;
    this.coordinate = coordinate;
    this.settings = settings;
    this.#options = options;
    this.#window = createWindow(settings.window);
    this.#ignored = new Set(settings.ignoreCodes);
    this.#slowMs = settings.slowCall ?? Number.POSITIVE_INFINITY;
  }

  get state(): BreakerState {
    return this.#state;
  }

  get forced(): Forced | null {
    return this.#forced;
  }

  isClosed(): boolean {
    return this.#state.kind === 'closed' && this.#forced === null;
  }

  isClientFault(code: string | null): boolean {
    return code !== null && this.#ignored.has(code);
  }

  tally(now: number): Readonly<Tally> {
    return this.#window.tally(now);
  }

  enter(now: number): 'pass' | 'cut' | Probe {
    if (this.#forced !== null && now >= this.#forced.until) this.#forced = null;
    if (this.#forced !== null) return this.#forced.to === 'open' ? 'cut' : 'pass';
    if (this.#state.kind === 'closed') return 'pass';
    if (this.#state.kind === 'open') {
      if (now < this.#state.until) return 'cut';
      const { openings } = this.#state;
      this.#become({ kind: 'half-open', since: now, openings, running: 0, succeeded: 0 });
    }
    return this.#probe();
  }

  success(now: number, tookMs: number): void {
    this.#sample(now, false, tookMs > this.#slowMs);
  }

  failure(now: number, tookMs: number): void {
    this.#sample(now, true, tookMs > this.#slowMs);
  }

  retryAfterMs(now: number): number {
    if (this.#forced !== null) return Math.max(0, this.#forced.until - now);
    // Nobody knows when probes end; what they decide is worth another look soon.
    return this.#state.kind === 'open' ? Math.max(0, this.#state.until - now) : this.settings.openFor;
  }

  /** Another instance has found the field failing: it is spared here, too, for as long as there. */
  openFor(now: number, forMs: number): void {
    if (this.#state.kind === 'open' && this.#state.until >= now + forMs) return;
    this.#become({ kind: 'open', since: now, until: now + forMs, openings: openingsOf(this.#state) });
  }

  /** Another instance has seen probes do well. */
  close(now: number): void {
    if (this.#state.kind === 'closed') return;
    this.#window.clear();
    this.#become({ kind: 'closed', since: now, openings: openingsOf(this.#state) });
  }

  /** Until then the operator's word counts; null: no longer. */
  force(forced: Forced | null): void {
    this.#forced = forced;
  }

  #probe(): 'cut' | Probe {
    const state = this.#state;
    if (state.kind !== 'half-open' || state.running + state.succeeded >= this.settings.probes) return 'cut';
    state.running++;
    return { ended: (outcome, at) => this.#probeEnded(state, outcome, at) };
  }

  /** @param state that the probe was let through in; another one since then is not concerned by it */
  #probeEnded(
    state: BreakerState & { kind: 'half-open' },
    outcome: ProbeOutcome,
    { now, tookMs }: { readonly now: number; readonly tookMs: number },
  ): void {
    if (this.#state !== state) return;
    state.running--;
    if (outcome === 'unknown') return;
    if (outcome === 'failure' || tookMs > this.#slowMs) {
      this.#open(now, state.openings);
      return;
    }
    state.succeeded++;
    if (state.succeeded >= this.settings.probes) this.close(now);
  }

  #sample(now: number, failed: boolean, slow: boolean): void {
    // What was sent before it opened says nothing new when it ends.
    if (this.#state.kind !== 'closed') return;
    this.#window.add(now, failed, slow);
    if (!failed && !slow) return;
    const { calls, failures, slow: slowCalls } = this.#window.tally(now);
    const { minimumCalls, failureRate, slowCallRate, maxOpenFor } = this.settings;
    if (calls < minimumCalls) return;
    if (failures < calls * failureRate && slowCalls < calls * slowCallRate) return;
    const { since, openings } = this.#state;
    // Who has been well for as long as it could have been open begins anew.
    this.#open(now, now - since > maxOpenFor ? 0 : openings);
  }

  #open(now: number, openings: number): void {
    const { openFor, maxOpenFor } = this.settings;
    const longest = Math.max(openFor, maxOpenFor);
    const baseMs = Math.min(longest, openFor * 2 ** Math.min(openings, MAX_DOUBLINGS));
    const forMs = baseMs * (1 + JITTER * this.#options.random());
    this.#window.clear();
    this.#become({ kind: 'open', since: now, until: now + forMs, openings: openings + 1 });
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#options.onTransition(this, state);
  }
}

function openingsOf({ openings }: BreakerState): number {
  return openings;
}
