/**
 * Joins equal work that is going on at the same time: whoever asks for a key while its work runs gets the
 * same promise. Nothing is kept once the work has ended. The key must hold everything the result depends on.
 */
export class InFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  get size(): number {
    return this.#running.size;
  }

  get(key: string): Promise<T> | undefined {
    return this.#running.get(key);
  }

  start(key: string, work: () => Promise<T>): Promise<T> {
    const running = work().finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    });
    this.#running.set(key, running);
    return running;
  }
}
