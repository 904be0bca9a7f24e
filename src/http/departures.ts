import type { Clock } from '../shared/clock.ts';

/** So many leave at once: a first one must not wait for hundreds that come after it. */
const MOST_TOGETHER = 16;

/** Whoever leaves so soon after another is followed by more, whether or not they have come yet. */
const FOLLOWED_MS = 0.06;

/** To write more costs more than to wake somebody. */
const MOST_BYTES = 128 * 1024;

/**
 * Lets answers leave together that are ready in one turn of the event loop. To write into a socket wakes whoever reads
 * from it, which is dear while it sleeps: the first write of several pays, and those right behind it do not (Netty's
 * FlushConsolidationHandler is the same). Who is alone does not wait.
 */
export class Departures {
  readonly #clock: Clock;
  #inFlight = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #waiting = 0;
  #next: Promise<void> | null = null;
  #leave: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begun(): void {
    this.#inFlight++;
  }

  ended(): void {
    this.#inFlight--;
  }

  /** When to leave with so many bytes; null: now. */
  wait(bytes: number): Promise<void> | null {
    const now = this.#clock.elapsed();
    const isAlone = this.#inFlight <= 1 && now - this.#lastAt > FOLLOWED_MS;
    this.#lastAt = now;
    if (isAlone || bytes > MOST_BYTES) return null;
    const next = this.#next ?? this.#open();
    if (++this.#waiting >= MOST_TOGETHER) this.#go();
    return next;
  }

  #open(): Promise<void> {
    const next = new Promise<void>(resolve => {
      this.#leave = resolve;
    });
    this.#next = next;
    setImmediate(() => {
      if (this.#next === next) this.#go();
    });
    return next;
  }

  #go(): void {
    this.#waiting = 0;
    this.#next = null;
    this.#leave?.();
  }
}
