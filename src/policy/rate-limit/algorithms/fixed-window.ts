import { type BucketPlan, MAX_PARTS } from '../bucket.ts';
import type { Meter } from './meter.ts';

/**
 * Windows lie end to end from the epoch on, so that all instances have the same without agreeing on them. Each lets
 * `limit` through; any time as long as a window touches two of them, and thus sees at most twice as many.
 */
export class FixedWindow implements Meter {
  readonly size = 0;
  readonly #plan: BucketPlan;
  #window = 0;
  #used = 0;

  constructor(plan: BucketPlan) {
    this.#plan = plan;
  }

  available(now: number): number {
    this.#enter(now);
    return this.#plan.limit - this.#used;
  }

  spend(units: number): void {
    this.#used += units;
  }

  amend(units: number, takenAt: number, now: number): void {
    this.#enter(now);
    if (Math.floor(takenAt / this.#plan.windowMs) !== this.#window) return;
    this.#used = Math.max(0, Math.min(MAX_PARTS, this.#used - units));
  }

  fullAfter(now: number): number {
    this.#enter(now);
    return this.#used === 0 ? 0 : (this.#window + 1) * this.#plan.windowMs - now;
  }

  waitFor(units: number, now: number): number {
    return units <= this.available(now) ? 0 : this.fullAfter(now);
  }

  #enter(now: number): void {
    const window = Math.floor(now / this.#plan.windowMs);
    if (window <= this.#window) return;
    this.#window = window;
    this.#used = 0;
  }
}
