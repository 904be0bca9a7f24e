/** Parts of the time that are forgotten at once. */
const BUCKETS = 10;
/** Times by quarters of a doubling, from 1 ms to a minute. */
const BINS = 64;
const BINS_PER_DOUBLING = 4;
/** A bucket's cells: how many took so long, and how many failed. */
const FAILED = BINS;
const CELLS = BINS + 1;

/** How the requests of the last while went. Nothing is allocated after it has been made. */
export class ReplyWindow {
  readonly #bucketMs: number;
  readonly #cells = new Uint32Array(BUCKETS * CELLS);
  readonly #sum = new Uint32Array(CELLS);
  #calls = 0;
  /** Number of the newest bucket since time began. */
  #newest = 0;

  constructor(ms: number) {
    this.#bucketMs = ms / BUCKETS;
  }

  get calls(): number {
    return this.#calls;
  }

  /** 0 to 1. */
  get failureRate(): number {
    return this.#calls === 0 ? 0 : (this.#sum[FAILED] as number) / this.#calls;
  }

  /** What 95 of 100 requests did not take longer than, ms; up to a fifth too long. */
  get p95Ms(): number {
    let left = this.#calls * 0.95;
    let bin = 0;
    while (bin < BINS - 1) {
      left -= this.#sum[bin] as number;
      if (left <= 0) break;
      bin++;
    }
    return 2 ** ((bin + 1) / BINS_PER_DOUBLING);
  }

  add(now: number, tookMs: number, isFailed: boolean): void {
    this.advance(now);
    const bin = Math.min(BINS - 1, Math.floor(Math.log2(Math.max(1, tookMs)) * BINS_PER_DOUBLING));
    this.#count(bin);
    if (isFailed) this.#count(FAILED);
    this.#calls++;
  }

  /** Forgets what is older than the window. */
  advance(now: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    const passed = Math.min(BUCKETS, bucket - this.#newest);
    for (let step = 0; step < passed; step++) this.#forget((bucket - step) % BUCKETS);
    this.#newest = Math.max(this.#newest, bucket);
  }

  clear(): void {
    this.#cells.fill(0);
    this.#sum.fill(0);
    this.#calls = 0;
  }

  #count(cell: number): void {
    const at = (this.#newest % BUCKETS) * CELLS + cell;
    this.#cells[at] = (this.#cells[at] as number) + 1;
    this.#sum[cell] = (this.#sum[cell] as number) + 1;
  }

  #forget(bucket: number): void {
    for (let cell = 0; cell < CELLS; cell++) {
      const at = bucket * CELLS + cell;
      const count = this.#cells[at] as number;
      this.#sum[cell] = (this.#sum[cell] as number) - count;
      this.#cells[at] = 0;
      if (cell < BINS) this.#calls -= count;
    }
  }
}
