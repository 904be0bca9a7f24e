/** Of the time that is looked at: what is older is forgotten a tenth at a time. */
const WINDOW_MS = 10_000;
const BUCKETS = 10;
const BUCKET_MS = WINDOW_MS / BUCKETS;

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
  readonly #calls = new Uint32Array(BUCKETS);
  readonly #extra = new Uint32Array(BUCKETS);
  #sumOfCalls = 0;
  #sumOfExtra = 0;
  #newest = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** @param now on the monotonic clock, ms */
  called(now: number): void {
    const slot = this.#advance(now);
    this.#calls[slot] = (this.#calls[slot] as number) + 1;
    this.#sumOfCalls++;
  }

  /** Whether one more may be made; if so it is spent. */
  take(now: number): boolean {
    const slot = this.#advance(now);
    const { share, floor } = this.#options;
    const allowed = Math.max(this.#sumOfCalls * share, floor * (WINDOW_MS / 1_000));
    if (this.#sumOfExtra + 1 > allowed) return false;
    this.#extra[slot] = (this.#extra[slot] as number) + 1;
    this.#sumOfExtra++;
    return true;
  }

  #advance(now: number): number {
    const bucket = Math.floor(now / BUCKET_MS);
    for (let left = Math.min(bucket - this.#newest, BUCKETS); left > 0; left--) {
      const slot = (bucket - left + 1) % BUCKETS;
      this.#sumOfCalls -= this.#calls[slot] as number;
      this.#sumOfExtra -= this.#extra[slot] as number;
      this.#calls[slot] = 0;
      this.#extra[slot] = 0;
    }
    this.#newest = Math.max(this.#newest, bucket);
    return this.#newest % BUCKETS;
  }
}
