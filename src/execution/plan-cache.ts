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

/** Of an operation that is being prepared, or could not be. */
const BYTES_WITHOUT_PLAN = 4_000;

/**
 * Prepared operations of one generation, by operation id. Equal work is done once: whoever asks while an
 * operation is being prepared waits for that. Operations that come once, as a flood of made-up ones does, do not
 * push out those that come again.
 */
export class PlanCache<T> {
  readonly #entries: SteadyLru<string, Entry<T>>;
  readonly #clock: Clock;
  readonly #weigh: (value: T) => number;

  /**
   * @param maxBytes bound on the memory of all operations, as estimated
   * @param weigh bytes of one
   */
  constructor(maxBytes: number, clock: Clock, weigh: (value: T) => number) {
    this.#entries = new SteadyLru(maxBytes);
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
        this.#entries.weigh(id, entry, this.#weigh(value));
      },
      (error: unknown) => {
        // A planner without room says nothing about the operation.
        const isFull = error instanceof GatewayError && error.code === 'OVERLOADED';
        entry.retryAt = this.#clock.elapsed() + (isFull ? 0 : FAILURE_MS);
      },
    );
    this.#entries.set(id, entry);
    this.#entries.weigh(id, entry, BYTES_WITHOUT_PLAN);
    return entry.value;
  }
}
