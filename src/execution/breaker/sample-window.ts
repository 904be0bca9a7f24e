import type { BreakerWindow } from '../../config/breakers.ts';

export interface Tally {
  calls: number;
  failures: number;
  slow: number;
}

/** The samples that a breaker decides by. Nothing is allocated after it has been made. */
export interface SampleWindow {
  add(now: number, failed: boolean, slow: boolean): void;
  /** One object, written anew each time. */
  tally(now: number): Readonly<Tally>;
  clear(): void;
}

export function createWindow(window: BreakerWindow): SampleWindow {
  return window.kind === 'time' ? new TimeWindow(window.ms) : new CountWindow(window.calls);
}

/** Parts of the time that are forgotten at once. */
const BUCKETS = 10;

/** The samples of the last while, in ten buckets: what is older than that is gone, and up to a tenth of it less old. */
export class TimeWindow implements SampleWindow {
  readonly #bucketMs: number;
  readonly #calls = new Uint32Array(BUCKETS);
  readonly #failures = new Uint32Array(BUCKETS);
  readonly #slow = new Uint32Array(BUCKETS);
  readonly #sum: Tally = { calls: 0, failures: 0, slow: 0 };
  /** Number of the newest bucket since time began. */
  #newest = 0;

  constructor(ms: number) {
    this.#bucketMs = ms / BUCKETS;
  }

  add(now: number, failed: boolean, slow: boolean): void {
    this.#advance(now);
    const slot = this.#newest % BUCKETS;
    this.#calls[slot] = (this.#calls[slot] as number) + 1;
    this.#sum.calls++;
    if (failed) {
      this.#failures[slot] = (this.#failures[slot] as number) + 1;
      this.#sum.failures++;
    }
    if (slow) {
      this.#slow[slot] = (this.#slow[slot] as number) + 1;
      this.#sum.slow++;
    }
  }

  tally(now: number): Readonly<Tally> {
    this.#advance(now);
    return this.#sum;
  }

  clear(): void {
    for (let slot = 0; slot < BUCKETS; slot++) this.#forget(slot);
  }

  #advance(now: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    if (bucket <= this.#newest) return;
    const passed = Math.min(BUCKETS, bucket - this.#newest);
    for (let step = 0; step < passed; step++) this.#forget((bucket - step) % BUCKETS);
    this.#newest = bucket;
  }

  #forget(slot: number): void {
    this.#sum.calls -= this.#calls[slot] as number;
    this.#sum.failures -= this.#failures[slot] as number;
    this.#sum.slow -= this.#slow[slot] as number;
    this.#calls[slot] = 0;
    this.#failures[slot] = 0;
    this.#slow[slot] = 0;
  }
}

const FAILED = 1;
const SLOW = 2;

/** The last samples, however old. */
class CountWindow implements SampleWindow {
  readonly #samples: Uint8Array;
  readonly #sum: Tally = { calls: 0, failures: 0, slow: 0 };
  #next = 0;

  constructor(calls: number) {
    this.#samples = new Uint8Array(calls);
  }

  add(_now: number, failed: boolean, slow: boolean): void {
    const sum = this.#sum;
    if (sum.calls < this.#samples.length) sum.calls++;
    else {
      const oldest = this.#samples[this.#next] as number;
      if ((oldest & FAILED) !== 0) sum.failures--;
      if ((oldest & SLOW) !== 0) sum.slow--;
    }
    this.#samples[this.#next] = (failed ? FAILED : 0) | (slow ? SLOW : 0);
    if (failed) sum.failures++;
    if (slow) sum.slow++;
    this.#next = (this.#next + 1) % this.#samples.length;
  }

  tally(): Readonly<Tally> {
    return this.#sum;
  }

  clear(): void {
    this.#sum.calls = 0;
    this.#sum.failures = 0;
    this.#sum.slow = 0;
    this.#next = 0;
  }
}
