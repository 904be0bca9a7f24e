/** Work that is done one after the other, so that it takes no more of what all share than one at a time does. */
export class Lane {
  readonly #mostWaiting: number;
  #last: Promise<unknown> = Promise.resolve();
  #entered = 0;

  constructor(mostWaiting: number) {
    this.#mostWaiting = mostWaiting;
  }

  /** One is done, and as many wait as may. */
  get isFull(): boolean {
    return this.#entered > this.#mostWaiting;
  }

  /** First come, first served. What fails keeps nobody from its turn. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#entered++;
    const result = this.#last.then(work);
    const leave = (): void => {
      this.#entered--;
    };
    this.#last = result.then(leave, leave);
    return result;
  }
}
