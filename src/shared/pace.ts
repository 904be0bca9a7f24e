/** Lets so much through a second, and as much at once after a pause: what is over is refused, not held up. */
export class Pace {
  readonly #perSecond: number;
  #left: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** Whether one more may go; if so it is counted. @param now on the monotonic clock, ms */
  take(now: number): boolean {
    const grown = Math.max(0, now - this.#at) * (this.#perSecond / 1_000);
    this.#left = Math.min(this.#perSecond, this.#left + grown);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
