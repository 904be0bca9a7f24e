import { type BucketPlan, MAX_PARTS } from '../bucket.ts';
import type { Meter } from './meter.ts';

interface Take {
  readonly at: number;
  units: number;
}

/**
 * Remembers when what was taken. In the last `window` milliseconds, and so in any such time, no more than `limit`.
 * Takes of one millisecond are one entry, and none is of nothing: there are never more entries than units.
 */
export class SlidingLog implements Meter {
  readonly #plan: BucketPlan;
  /** Oldest first; those before `head` have left the window. */
  #takes: Take[] = [];
  #head = 0;
  #used = 0;

  constructor(plan: BucketPlan) {
    this.#plan = plan;
  }

  get size(): number {
    return this.#takes.length;
  }

  available(now: number): number {
    this.#forget(now);
    return this.#plan.limit - this.#used;
  }

  spend(units: number, now: number): void {
    this.#add(units, this.#forget(now));
  }

  amend(units: number, takenAt: number, now: number): void {
    const latest = this.#forget(now);
    if (takenAt <= latest - this.#plan.windowMs) return;
    this.#add(-units, Math.min(takenAt, latest));
  }

  fullAfter(now: number): number {
    this.#forget(now);
    const newest = this.#takes.at(-1);
    return newest === undefined ? 0 : newest.at + this.#plan.windowMs - now;
  }

  waitFor(units: number, now: number): number {
    let missing = units - this.available(now);
    for (let i = this.#head; missing > 0 && i < this.#takes.length; i++) {
      const take = this.#takes[i] as Take;
      missing -= take.units;
      if (missing <= 0) return take.at + this.#plan.windowMs - now;
    }
    return 0;
  }

  /** Answers the time it is, which is never before the newest entry. */
  #forget(now: number): number {
    const latest = Math.max(now, this.#takes.at(-1)?.at ?? 0);
    const until = latest - this.#plan.windowMs;
    for (let take = this.#takes[this.#head]; take !== undefined && take.at <= until; ) {
      this.#used -= take.units;
      take = this.#takes[++this.#head];
    }
    // Moving the rest down costs as much as there is, so only once as much has gone.
    if (this.#head * 2 >= this.#takes.length && this.#head > 0) {
      this.#takes = this.#takes.slice(this.#head);
      this.#head = 0;
    }
    return latest;
  }

  /** Nearly always the newest entry, or one of the newest: looked for from the end. */
  #add(units: number, at: number): void {
    let i = this.#takes.length - 1;
    while (i >= this.#head && (this.#takes[i] as Take).at > at) i--;
    const found = i >= this.#head ? this.#takes[i] : undefined;
    if (found?.at !== at) {
      if (units <= 0) return;
      this.#takes.splice(i + 1, 0, { at, units: Math.min(MAX_PARTS, units) });
      this.#used += Math.min(MAX_PARTS, units);
      return;
    }
    const after = Math.max(0, Math.min(MAX_PARTS, found.units + units));
    this.#used += after - found.units;
    found.units = after;
    if (after === 0) this.#takes.splice(i, 1);
  }
}
