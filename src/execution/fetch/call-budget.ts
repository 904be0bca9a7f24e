import { TimeWindow } from '../breaker/sample-window.ts';

const WINDOW_MS = 10_000;

interface BudgetOptions {
  /** Share of the calls of the last ten seconds. */
  readonly share: number;
  /** Extra calls a second that are allowed even where that is less. */
  readonly floor: number;
}

/**
 * How many calls may be made beyond those that were asked for: a share of these, so that a subgraph that fails is not
 * sent a multiple of what it failed under (https://sre.google/sre-book/addressing-cascading-failures/, "Retries").
 */
export class CallBudget {
  readonly #options: BudgetOptions;
  readonly #asked = new TimeWindow(WINDOW_MS);
  readonly #extra = new TimeWindow(WINDOW_MS);

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** @param now on the monotonic clock, ms */
  called(now: number): void {
    this.#asked.add(now, false, false);
  }

  /** Whether one more may be made; if so it is spent. */
  take(now: number): boolean {
    const { share, floor } = this.#options;
    const allowed = Math.max(this.#asked.tally(now).calls * share, floor * (WINDOW_MS / 1_000));
    if (this.#extra.tally(now).calls + 1 > allowed) return false;
    this.#extra.add(now, false, false);
    return true;
  }
}
