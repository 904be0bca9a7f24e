import { Cancellation } from './cancellation.ts';
import { PassingMap } from './passing-map.ts';
import { withinTime } from './within-time.ts';

/** Somebody who wants a result by a time, on the monotonic clock, ms. */
export interface Wish {
  readonly key: string;
  readonly now: number;
  readonly deadlineAt: number;
  /** Absent: it is waited for, whatever happens. */
  readonly cancel?: Cancellation | undefined;
  /** What it fails with where the work has longer than it may wait. Absent: it waits. */
  readonly tooLate?: (() => Error) | undefined;
}

interface Running<T> {
  readonly result: Promise<T>;
  readonly deadlineAt: number;
  readonly waiting: Waiting;
}

/** Those who wait for one piece of work. */
interface Waiting {
  readonly cancel: Cancellation;
  /** Infinite where somebody never leaves. */
  count: number;
}

/**
 * Joins equal work that is going on at the same time: whoever asks for a key while its work runs gets the
 * same promise. Nothing is kept once the work has ended. The key must hold everything the result depends on.
 * Work that all have left who waited for it is cancelled.
 */
export class InFlight<T> {
  readonly #running = new PassingMap<string, Running<T>>();

  get size(): number {
    return this.#running.size;
  }

  /** The running work, unless it is about to run out of time: it must not take a fresh wish down with it. */
  join({ key, now, deadlineAt, cancel, tooLate }: Wish): Promise<T> | undefined {
    const running = this.#running.get(key);
    if (running === undefined || (running.deadlineAt - now) * 2 < deadlineAt - now) return undefined;
    const leave = waitFor(running.waiting, cancel);
    if (tooLate === undefined || running.deadlineAt <= deadlineAt) return running.result;
    const giveUp = (): Error => {
      leave();
      return tooLate();
    };
    // Timers may be early by a millisecond: whoever is told must find the time gone.
    return withinTime(running.result, Math.max(0, deadlineAt - now) + 1, giveUp);
  }

  /** @param work is told when nobody waits for it any more; from then on nobody joins it. */
  start({ key, deadlineAt, cancel }: Wish, work: (cancel: Cancellation) => Promise<T>): Promise<T> {
    const waiting: Waiting = { cancel: new Cancellation(), count: 0 };
    const result = work(waiting.cancel).finally(() => this.#forget(key, waiting));
    this.#running.set(key, { result, deadlineAt, waiting });
    waiting.cancel.onCancel(() => this.#forget(key, waiting));
    waitFor(waiting, cancel);
    return result;
  }

  /** From now on nobody joins what is running: something has happened that it may not have seen. */
  closeAll(): void {
    this.#running.clear();
  }

  #forget(key: string, waiting: Waiting): void {
    if (this.#running.get(key)?.waiting === waiting) this.#running.delete(key);
  }
}

/** @returns how it leaves, which happens once. */
function waitFor(waiting: Waiting, cancel: Cancellation | undefined): () => void {
  waiting.count += cancel === undefined ? Number.POSITIVE_INFINITY : 1;
  let isWaiting = true;
  const leave = (): void => {
    if (isWaiting && --waiting.count === 0) waiting.cancel.cancel();
    isWaiting = false;
  };
  cancel?.onCancel(leave);
  return leave;
}
