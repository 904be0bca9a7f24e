/** Calls that are remembered of each fetch. */
const REMEMBERED = 128;

/** Calls after which the quantile is worked out anew, and before which there is none. */
const EVERY = 32;

/** How long one kind of request takes: a quantile of the last calls. */
export class Latencies {
  readonly #quantile: number;
  readonly #ms = new Float64Array(REMEMBERED);
  #calls = 0;
  #value: number | null = null;

  constructor(quantile: number) {
    this.#quantile = quantile;
  }

  /** Null: too few calls to tell. */
  get value(): number | null {
    return this.#value;
  }

  add(ms: number): void {
    this.#ms[this.#calls++ % REMEMBERED] = ms;
    if (this.#calls % EVERY !== 0) return;
    const sorted = this.#ms.slice(0, Math.min(this.#calls, REMEMBERED)).sort();
    this.#value = sorted[Math.ceil(sorted.length * this.#quantile) - 1] ?? null;
  }
}
