import { type BucketPlan, MAX_PARTS } from '../bucket.ts';
import type { Meter } from './meter.ts';

/**
 * The generic cell rate algorithm (ITU-T I.371): a leaky bucket kept as one point in time, the theoretical arrival
 * time at which all that was let in has leaked out. A take moves it by window / limit a unit, and is let in while it
 * is then no further ahead than `capacity` units take to leak. In any time t that is capacity + limit · t / window.
 */
export class Gcra implements Meter {
  readonly size = 0;
  readonly #plan: BucketPlan;
  readonly #full: number;
  /** The theoretical arrival time: whole milliseconds, and how many of the `rate` parts of the next. */
  #tatMs = 0;
  #tatParts = 0;

  constructor(plan: BucketPlan) {
    this.#plan = plan;
    this.#full = plan.capacity * plan.scale;
  }

  available(now: number): number {
    return Math.floor((this.#full - this.#ahead(now)) / this.#plan.scale);
  }

  spend(units: number, now: number): void {
    this.#putAhead(this.#ahead(now) + units * this.#plan.scale, now);
  }

  amend(units: number, _takenAt: number, now: number): void {
    const ahead = this.#ahead(now) - units * this.#plan.scale;
    this.#putAhead(Math.max(0, Math.min(MAX_PARTS, ahead)), now);
  }

  fullAfter(now: number): number {
    return Math.ceil(this.#ahead(now) / this.#plan.rate);
  }

  waitFor(units: number, now: number): number {
    const over = this.#ahead(now) + units * this.#plan.scale - this.#full;
    return Math.max(0, Math.ceil(over / this.#plan.rate));
  }

  /** How far the arrival time is ahead of now, in parts. */
  #ahead(now: number): number {
    if (this.#tatMs < now) return 0;
    return Math.min(MAX_PARTS, (this.#tatMs - now) * this.#plan.rate + this.#tatParts);
  }

  #putAhead(parts: number, now: number): void {
    this.#tatMs = now + Math.floor(parts / this.#plan.rate);
    this.#tatParts = parts % this.#plan.rate;
  }
}
