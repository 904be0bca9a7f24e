/** Says that nobody waits for something any more. Costs nothing but itself until somebody listens. */
export class Cancellation {
  #listeners: (() => void)[] | null = null;
  #isCancelled = false;

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Only the first call does anything. */
  cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    const listeners = this.#listeners ?? [];
    this.#listeners = null;
    for (const listener of listeners) listener();
  }

  /** Called once, at once where it is cancelled already. It may find that its work has ended: that says nobody. */
  onCancel(listener: () => void): void {
    if (this.#isCancelled) {
      listener();
      return;
    }
    this.#listeners ??= [];
    this.#listeners.push(listener);
  }
}
