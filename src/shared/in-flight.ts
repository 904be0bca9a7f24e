/** Somebody who wants a result by a time, on the monotonic clock, ms. */
export interface Wish {
  readonly key: string;
  readonly now: number;
  readonly deadlineAt: number;
}

interface Running<T> {
  readonly result: Promise<T>;
  readonly deadlineAt: number;
}

/**
 * Joins equal work that is going on at the same time: whoever asks for a key while its work runs gets the
 * same promise. Nothing is kept once the work has ended. The key must hold everything the result depends on.
 */
export class InFlight<T> {
  readonly #running = new Map<string, Running<T>>();

  get size(): number {
    return this.#running.size;
  }

  /** The running work, unless it is about to run out of time: it must not take a fresh wish down with it. */
  join({ key, now, deadlineAt }: Wish): Promise<T> | undefined {
    const running = this.#running.get(key);
    if (running === undefined || (running.deadlineAt - now) * 2 < deadlineAt - now) return undefined;
    return running.result;
  }

  start({ key, deadlineAt }: Wish, work: () => Promise<T>): Promise<T> {
    const result = work().finally(() => {
      if (this.#running.get(key)?.result === result) this.#running.delete(key);
    });
    this.#running.set(key, { result, deadlineAt });
    return result;
  }

  /** From now on nobody joins what is running: something has happened that it may not have seen. */
  closeAll(): void {
    this.#running.clear();
  }
}
