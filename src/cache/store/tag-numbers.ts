/** Tags whose numbers are remembered one by one; of older ones it is only known that they are not after the floor. */
const MAX_TAGS = 10_000;

/**
 * What this process knows of invalidations: for each tag the number of its last one. Whoever remembers that an entry
 * was valid at a {@link revision} need not ask again until there is another.
 */
export class TagNumbers {
  /** The one that was invalidated longest ago first. */
  readonly #numbers = new Map<string, number>();
  readonly #maxTags: number;
  #floor = 0;
  #newest = 0;
  #revision = 1;

  constructor(maxTags = MAX_TAGS) {
    this.#maxTags = maxTags;
  }

  /** Changes with each invalidation; fits into 32 bits, and is never 0. */
  get revision(): number {
    return this.#revision;
  }

  /** @param number Infinity while nobody has given one: then nothing with these tags is valid */
  set(tags: readonly string[], number: number): void {
    for (const tag of tags) {
      this.#numbers.delete(tag);
      this.#numbers.set(tag, number);
    }
    this.#newest = Math.max(this.#newest, number);
    for (const [tag, oldest] of this.#numbers) {
      if (this.#numbers.size <= this.#maxTags) break;
      this.#numbers.delete(tag);
      this.#floor = Math.max(this.#floor, oldest);
    }
    this.#revise();
  }

  /** Tags that had no number have one now: what comes after it is valid again. */
  settle(tags: readonly string[], number: number): void {
    for (const tag of tags) this.#numbers.delete(tag);
    this.set(tags, number);
    this.#newest = this.#floor;
    for (const known of this.#numbers.values()) this.#newest = Math.max(this.#newest, known);
  }

  /** Something was invalidated and nobody knows what: all from before the number is. */
  raise(number: number): void {
    if (number <= this.#floor) return;
    this.#floor = number;
    this.#newest = Math.max(this.#newest, number);
    this.#revise();
  }

  /** Nothing has been invalidated since, so the tags do not matter. */
  isUntouched(since: number): boolean {
    return since >= this.#newest;
  }

  isValid(tags: readonly string[], since: number): boolean {
    if (since < this.#floor) return false;
    if (since >= this.#newest) return true;
    return tags.every(tag => (this.#numbers.get(tag) ?? 0) <= since);
  }

  #revise(): void {
    this.#revision = (this.#revision + 1) >>> 0 || 1;
  }
}
