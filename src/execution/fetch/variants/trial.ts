import type { SwitchOffConfig } from '../../../config/variants.ts';
import { ReplyWindow } from './reply-window.ts';

/** Why a variant gets no more requests. */
export type OffReason = 'failures' | 'latency';

/** What it was decided by, for the log. */
export interface Comparison {
  readonly reason: OffReason;
  readonly calls: number;
  readonly failureRate: number;
  readonly stableFailureRate: number;
  readonly p95Ms: number;
  readonly stableP95Ms: number;
}

/** Times are monotonic, ms. */
export type TrialState =
  | { readonly kind: 'on' }
  /** Without an end `until` is infinite. */
  | { readonly kind: 'off'; readonly until: number; readonly comparison: Comparison };

export interface TrialOptions {
  readonly settings: SwitchOffConfig;
  readonly onOff: (comparison: Comparison) => void;
  readonly onRestored: () => void;
}

/** One request that has ended. */
export interface Sample {
  readonly now: number;
  readonly tookMs: number;
  readonly isFailed: boolean;
}

/** Times as short as this differ by chance. */
const LEAST_DIFFERENCE_MS = 10;

/**
 * A variant on trial: it gets its requests until it fails more often, or takes longer, than the subgraph itself by more
 * than its bounds; from then on none, for a time or for good.
 */
export class Trial {
  readonly #options: TrialOptions;
  readonly #own: ReplyWindow;
  readonly #stable: ReplyWindow;
  #state: TrialState = { kind: 'on' };

  constructor(options: TrialOptions) {
    this.#options = options;
    this.#own = new ReplyWindow(options.settings.window);
    this.#stable = new ReplyWindow(options.settings.window);
  }

  get state(): TrialState {
    return this.#state;
  }

  isOn(now: number): boolean {
    if (this.#state.kind === 'off' && now >= this.#state.until) this.restore();
    return this.#state.kind === 'on';
  }

  /** From here on it is judged by what comes after. */
  restore(): void {
    if (this.#state.kind === 'on') return;
    this.#state = { kind: 'on' };
    this.#options.onRestored();
  }

  /** A request to the subgraph itself. */
  stableEnded({ now, tookMs, isFailed }: Sample): void {
    this.#stable.add(now, tookMs, isFailed);
  }

  ended({ now, tookMs, isFailed }: Sample): void {
    // What was sent before it was switched off says nothing new when it ends.
    if (this.#state.kind === 'off') return;
    this.#own.add(now, tookMs, isFailed);
    this.#stable.advance(now);
    const reason = this.#reason();
    if (reason === null) return;
    const { restoreAfter = Number.POSITIVE_INFINITY } = this.#options.settings;
    const comparison = this.#compared(reason);
    this.#state = { kind: 'off', until: now + restoreAfter, comparison };
    this.#options.onOff(comparison);
    this.#own.clear();
  }

  /** A subgraph that is hardly asked has nothing to compare with: it counts as one that never fails. */
  #reason(): OffReason | null {
    const { minimumCalls, failureRate, latency } = this.#options.settings;
    const [own, stable] = [this.#own, this.#stable];
    if (own.calls < minimumCalls) return null;
    const isKnown = stable.calls >= minimumCalls;
    if (own.failureRate > (isKnown ? stable.failureRate : 0) + failureRate) return 'failures';
    if (!isKnown) return null;
    const [p95Ms, usualMs] = [own.p95Ms, stable.p95Ms];
    const isSlow = p95Ms > usualMs * latency && p95Ms - usualMs >= LEAST_DIFFERENCE_MS;
    return isSlow ? 'latency' : null;
  }

  #compared(reason: OffReason): Comparison {
    const { calls, failureRate, p95Ms } = this.#own;
    const stable = this.#stable;
    return {
      reason,
      calls,
      failureRate: round(failureRate),
      stableFailureRate: round(stable.failureRate),
      p95Ms: Math.round(p95Ms),
      stableP95Ms: Math.round(stable.p95Ms),
    };
  }
}

function round(rate: number): number {
  return Math.round(rate * 10_000) / 10_000;
}
