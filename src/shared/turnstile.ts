/**
 * Lets a few through in each turn of the event loop. Work that many requests waited for ends for all of them
 * at once; without it, hundreds of answers are written before the loop looks at a socket again, and whatever
 * came in meanwhile (the next request, a subgraph's reply) waits behind all of them.
 */
export class Turnstile {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];
  #passed = 0;
  #scheduled = false;

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Resolves when it is the caller's turn; first come, first served. */
  pass(): Promise<void> {
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#turn());
    }
    if (this.#passed < this.#perTurn && this.#waiting.length === 0) {
      this.#passed++;
      return Promise.resolve();
    }
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  #turn(): void {
    const next = this.#waiting.splice(0, this.#perTurn);
    this.#passed = next.length;
    this.#scheduled = next.length > 0;
    if (this.#scheduled) setImmediate(() => this.#turn());
    for (const resolve of next) resolve();
  }
}
