/** Tags whose numbers are remembered one by one; of older ones it is only known that they are not after the floor. */
const MAX_TAGS = 10_000;

/**
 * What this process knows of invalidations: for each tag the number of its last one. Whoever remembers that an entry
 * was valid at a {@link revision} need not ask again until there is another.
 */
export class TagNumbers {
  /** The one that was invalidated longest ago first. */
  readonly #numbers = new Map<string, number>();
  /** Invalidated, and nobody has given it a number yet: nothing that has them is valid. */
  readonly #doubtful = new Set<string>();
  #isAllDoubtful = false;
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

  /** Numbers need not come in their order: what this process did itself it knows before it hears of others. */
  set(tags: readonly string[], number: number): void {
    for (const tag of tags) {
      const known = this.#numbers.get(tag) ?? 0;
      this.#numbers.delete(tag);
      this.#numbers.set(tag, Math.max(known, number));
    }
    for (const [tag, oldest] of this.#numbers) {
      if (this.#numbers.size <= this.#maxTags) break;
      this.#numbers.delete(tag);
      this.#floor = Math.max(this.#floor, oldest);
    }
    this.#newest = Math.max(this.#newest, number);
    this.#revise();
  }

  /** Something was invalidated and nobody knows what: all from before the number is. */
  raise(number: number): void {
    if (number <= this.#floor) return;
    this.#floor = number;
    this.#newest = Math.max(this.#newest, number);
    this.#revise();
  }

  /** Until they have a number. Bounded by who calls it. */
  doubt(tags: readonly string[]): void {
    for (const tag of tags) this.#doubtful.add(tag);
    this.#revise();
  }

  /** Until {@link settleAll}. */
  doubtAll(): void {
    this.#isAllDoubtful = true;
    this.#revise();
  }

  settle(tags: readonly string[], number: number): void {
    for (const tag of tags) this.#doubtful.delete(tag);
    this.set(tags, number);
  }

  settleAll(number: number): void {
    this.#doubtful.clear();
    this.#isAllDoubtful = false;
    this.raise(number);
  }

  /** Nothing has been invalidated since, so the tags do not matter. */
  isUntouched(since: number): boolean {
    return since >= this.#newest && this.#doubtful.size === 0 && !this.#isAllDoubtful;
  }

  isValid(tags: readonly string[], since: number): boolean {
    if (since < this.#floor || this.#isAllDoubtful) return false;
    if (this.isUntouched(since)) return true;
    return tags.every(tag => (this.#numbers.get(tag) ?? 0) <= since && !this.#doubtful.has(tag));
  }

  /** Whether it is known, and not only possible, that one of the tags was invalidated after that. */
  isTouched(tags: readonly string[], since: number): boolean {
    return tags.some(tag => (this.#numbers.get(tag) ?? 0) > since);
  }

  #revise(): void {
    this.#revision = (this.#revision + 1) >>> 0 || 1;
  }
}
