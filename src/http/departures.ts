/** So many leave at once: a first one must not wait for hundreds that come after it. */
const MOST_TOGETHER = 16;

/** To write more costs more than to wake somebody. */
const MOST_BYTES = 16 * 1024;

/**
 * Lets answers leave together that are ready in one turn of the event loop. To write into a socket wakes whoever reads
 * from it, which is dear while it sleeps: the first write of several pays, and those right behind it do not (Netty's
 * FlushConsolidationHandler is the same). Who is alone does not wait.
 */
export class Departures {
  #inFlight = 0;
  #waiting = 0;
  #next: Promise<void> | null = null;
  #leave: (() => void) | null = null;

  begun(): void {
    this.#inFlight++;
  }

  ended(): void {
    this.#inFlight--;
  }

  /** When to leave with so many bytes; null: now. */
  wait(bytes: number): Promise<void> | null {
    if (this.#inFlight <= 1 || bytes > MOST_BYTES) return null;
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
