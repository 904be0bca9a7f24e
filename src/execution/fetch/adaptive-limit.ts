interface AdaptiveOptions {
  readonly min: number;
  readonly max: number;
}

export interface Observation {
  readonly ms: number;
  readonly isOk: boolean;
  /** Requests in flight when it ended, itself included. */
  readonly inFlight: number;
}

/** Answers whose average is one look at the latency: single ones differ too much. */
const BATCH = 20;

/** Looks after which the best of those before them is forgotten, as a subgraph changes over time. */
const BATCHES = 100;

/** Latency may be so many times the best before fewer requests are sent. */
const TOLERANCE = 1.5;

/** How far an answer moves the limit. */
const SMOOTHING = 0.2;

const AFTER_FAILURE = 0.9;

/**
 * How many requests a subgraph takes without getting slower, found out by latency alone: the gradient between the best
 * latency of late and that of the last answer moves the limit, with room for a queue of its square root (Netflix,
 * concurrency-limits, Gradient). The best is looked for anew now and then, from the lowest limit on, so that it is not
 * one that the limit itself has made.
 */
export class AdaptiveLimit {
  readonly #options: AdaptiveOptions;
  #limit: number;
  #bestMs = Number.POSITIVE_INFINITY;
  #bestBeforeMs = Number.POSITIVE_INFINITY;
  #sumMs = 0;
  #answers = 0;

  constructor(options: AdaptiveOptions) {
    this.#options = options;
    this.#limit = Math.min(options.min, options.max);
  }

  /** Requests at once. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  observe({ ms, isOk, inFlight }: Observation): void {
    if (!isOk) {
      this.#set(this.#limit * AFTER_FAILURE);
      return;
    }
    this.#learn(ms);
    // A limit that nobody comes near says nothing about the subgraph.
    if (inFlight < this.#limit / 2) return;
    const bestMs = Math.min(this.#bestMs, this.#bestBeforeMs);
    const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * bestMs) / Math.max(ms, 0.001)));
    const wanted = this.#limit * gradient + Math.sqrt(this.#limit);
    this.#set(this.#limit * (1 - SMOOTHING) + wanted * SMOOTHING);
  }

  #learn(ms: number): void {
    this.#sumMs += ms;
    if (++this.#answers % BATCH !== 0) return;
    this.#bestMs = Math.min(this.#bestMs, this.#sumMs / BATCH);
    this.#sumMs = 0;
    if (this.#answers % (BATCH * BATCHES) !== 0) return;
    this.#bestBeforeMs = this.#bestMs;
    this.#bestMs = Number.POSITIVE_INFINITY;
    this.#set(0);
  }

  #set(limit: number): void {
    const { min, max } = this.#options;
    this.#limit = Math.max(Math.min(min, max), Math.min(max, limit));
  }
}
