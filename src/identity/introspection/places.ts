/** There is no room to even wait. */
export class NoPlaceError extends Error {
  constructor() {
    super('too many tokens wait to be checked');
    this.name = 'NoPlaceError';
  }
}

interface PlacesOptions {
  readonly places: number;
  readonly maxWaiting: number;
}

/** Bounds how much of something goes on at once; the rest waits its turn, first come, first served. */
export class Places {
  readonly #maxWaiting: number;
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor({ places, maxWaiting }: PlacesOptions) {
    this.#free = places;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws NoPlaceError when too many wait already, or when the signal is aborted before there is a place. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#take(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    if (this.#waiting.size >= this.#maxWaiting) throw new NoPlaceError();
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(enter);
        reject(new NoPlaceError());
      };
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(enter);
    });
  }

  /** A place goes straight to who waits longest, so that nobody slips in between. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
