import { type BucketPlan, MAX_PARTS } from '../bucket.ts';
import type { Meter } from './meter.ts';

/**
 * Two fixed windows. What was let through in the one before counts with the share of it that the last `window`
 * milliseconds still reach into: used = current + previous · (1 − elapsed / window). That is what takes spread evenly
 * would be; docs/rate-limits.md says how far off it can be.
 */
export class SlidingCounter implements Meter {
  readonly size = 0;
  readonly #plan: BucketPlan;
  /** More debt than that is not kept, so that every product below stays exact. */
  readonly #most: number;
  #window = 0;
  #current = 0;
  #previous = 0;

  constructor(plan: BucketPlan) {
    this.#plan = plan;
    this.#most = Math.floor(MAX_PARTS / plan.windowMs / 2);
  }

  available(now: number): number {
    const { limit, windowMs } = this.#plan;
    const rest = windowMs - this.#enter(now);
    return Math.floor(((limit - this.#current) * windowMs - this.#previous * rest) / windowMs);
  }

  spend(units: number): void {
    this.#current += units;
  }

  amend(units: number, takenAt: number, now: number): void {
    this.#enter(now);
    const age = this.#window - Math.floor(takenAt / this.#plan.windowMs);
    if (age === 0) this.#current = this.#bounded(this.#current - units);
    if (age === 1) this.#previous = this.#bounded(this.#previous - units);
  }

  fullAfter(now: number): number {
    this.#enter(now);
    const { windowMs } = this.#plan;
    if (this.#current > 0) return (this.#window + 2) * windowMs - now;
    return this.#previous > 0 ? (this.#window + 1) * windowMs - now : 0;
  }

  waitFor(units: number, now: number): number {
    if (units <= this.available(now)) return 0;
    const { limit, windowMs } = this.#plan;
    const begin = this.#window * windowMs;
    const free = limit - units - this.#current;
    // In this window, once less of the previous one counts; else in the next, when this one is the previous.
    if (free >= 0) return begin + fitsAt(free, this.#previous, windowMs) - now;
    return begin + windowMs + fitsAt(limit - units, this.#current, windowMs) - now;
  }

  /** Answers how far into the window it is. */
  #enter(now: number): number {
    const { windowMs } = this.#plan;
    const window = Math.floor(now / windowMs);
    if (window > this.#window) {
      this.#previous = window === this.#window + 1 ? this.#current : 0;
      this.#current = 0;
      this.#window = window;
    }
    return Math.max(0, now - this.#window * windowMs);
  }

  #bounded(used: number): number {
    return Math.max(0, Math.min(this.#most, used));
  }
}

/** How far into a window the share of the one before has sunk to `free` units. */
function fitsAt(free: number, previous: number, windowMs: number): number {
  return previous <= free ? 0 : windowMs - Math.floor((free * windowMs) / previous);
}
