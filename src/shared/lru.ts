interface Entry<V> {
  readonly value: V;
  readonly weight: number;
  /** Number of the move that made it the newest. */
  movedAt: number;
}

/** Part of the entries that is not kept in order: to move one takes thirty times as long as to read it. */
const UNORDERED_SHARE = 1 / 4;

/**
 * A map with a bound on the summed weight of its entries that forgets the least recently used ones first.
 * Relies on `Map` keeping insertion order: a read moves its key to the end, unless it is near it already.
 */
export class Lru<K, V> {
  readonly #entries = new Map<K, Entry<V>>();
  readonly #maxWeight: number;
  #weight = 0;
  #moves = 0;

  /** @param maxWeight bound on the sum of the weights given to {@link set} (a count when each weighs 1). */
  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  get size(): number {
    return this.#entries.size;
  }

  get weight(): number {
    return this.#weight;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (this.#moves - entry.movedAt >= this.#entries.size * UNORDERED_SHARE) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      entry.movedAt = ++this.#moves;
    }
    return entry.value;
  }

  /** An entry heavier than the whole bound is not kept. */
  set(key: K, value: V, weight = 1): void {
    this.delete(key);
    if (weight > this.#maxWeight) return;
    this.#entries.set(key, { value, weight, movedAt: ++this.#moves });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#maxWeight) return;
      this.delete(oldest);
    }
  }

  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#weight -= entry.weight;
    return this.#entries.delete(key);
  }
}
