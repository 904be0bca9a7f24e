import { GatewayError } from '../errors.ts';
import type { Clock } from '../shared/clock.ts';
import { SteadyLru } from '../shared/steady-lru.ts';

interface Entry<T> {
  readonly value: Promise<T>;
  /** The value once it is there. */
  ready: T | undefined;
  /** Set when the work failed: until then nobody tries again. */
  retryAt: number | null;
}

/** How long a failure is remembered: a planner that took seconds to give up must not be asked at once again. */
const FAILURE_MS = 5_000;

/**
 * Prepared operations of one generation, by operation id. Equal work is done once: whoever asks while an
 * operation is being prepared waits for that. Operations that come once, as a flood of made-up ones does, do not
 * push out those that come again.
 */
export class PlanCache<T> {
  readonly #entries: SteadyLru<string, Entry<T>>;
  readonly #clock: Clock;
  readonly #weigh: (value: T) => number;

  /** @param weigh for how many of the usual size an operation counts; never less than one. */
  constructor(maxEntries: number, clock: Clock, weigh: (value: T) => number = () => 1) {
    this.#entries = new SteadyLru(maxEntries);
    this.#clock = clock;
    this.#weigh = weigh;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The operation if it is prepared already. */
  ready(id: string): T | undefined {
    return this.#entries.get(id)?.ready;
  }

  get(id: string, prepare: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(id);
    if (known !== undefined && (known.retryAt === null || this.#clock.elapsed() < known.retryAt))
      return known.value;
    const entry: Entry<T> = { value: prepare(), ready: undefined, retryAt: null };
    entry.value.then(
      value => {
        entry.ready = value;
        this.#entries.weigh(id, entry, Math.max(1, this.#weigh(value)));
      },
      (error: unknown) => {
        // A planner without room says nothing about the operation.
        const isFull = error instanceof GatewayError && error.code === 'OVERLOADED';
        entry.retryAt = this.#clock.elapsed() + (isFull ? 0 : FAILURE_MS);
      },
    );
    this.#entries.set(id, entry);
    return entry.value;
  }
}
