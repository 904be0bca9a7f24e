import { type BucketPlan, MAX_PARTS } from '../bucket.ts';
import type { Meter } from './meter.ts';

/**
 * Holds `capacity` units and is refilled evenly with `limit` a window. In any time t it lets no more through than
 * capacity + limit · t / window.
 */
export class TokenBucket implements Meter {
  readonly size = 0;
  readonly #plan: BucketPlan;
  readonly #full: number;
  /** In parts. */
  #level: number;
  #at = 0;

  constructor(plan: BucketPlan) {
    this.#plan = plan;
    this.#full = plan.capacity * plan.scale;
    this.#level = this.#full;
  }

  available(now: number): number {
    this.#refill(now);
    return Math.floor(this.#level / this.#plan.scale);
  }

  spend(units: number): void {
    this.#level -= units * this.#plan.scale;
  }

  amend(units: number, _takenAt: number, now: number): void {
    this.#refill(now);
    const level = this.#level + units * this.#plan.scale;
    this.#level = Math.max(-MAX_PARTS, Math.min(this.#full, level));
  }

  fullAfter(now: number): number {
    this.#refill(now);
    return this.#until(this.#full, now);
  }

  waitFor(units: number, now: number): number {
    this.#refill(now);
    return this.#until(units * this.#plan.scale, now);
  }

  /** From the latest time seen on, which a clock that stepped back has to come to first. */
  #until(parts: number, now: number): number {
    const missing = parts - this.#level;
    return missing <= 0 ? 0 : Math.ceil(missing / this.#plan.rate) + this.#at - now;
  }

  #refill(now: number): void {
    if (now <= this.#at) return;
    this.#level = Math.min(this.#full, this.#level + (now - this.#at) * this.#plan.rate);
    this.#at = now;
  }
}
