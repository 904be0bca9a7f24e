interface Entry<V> {
  readonly value: V;
  weight: number;
  /** Number of the move that made it the newest of those that were read. */
  movedAt: number;
}

/** Part of those that were read that is not kept in order: to move one takes many times as long as to read it. */
const UNORDERED_SHARE = 1 / 4;

/** What has been read again may fill this part; the rest is for newcomers to show what they are worth. */
const PROVEN_SHARE = 0.75;

/**
 * A map with a bound on the summed weight of its entries, in which those that were never read go before those
 * that were, and the least recently used first: a flood of entries that nobody comes back for pushes out itself.
 */
export class SteadyLru<K, V> {
  readonly #new = new Map<K, Entry<V>>();
  readonly #proven = new Map<K, Entry<V>>();
  readonly #maxWeight: number;
  #newWeight = 0;
  #provenWeight = 0;
  #moves = 0;

  /** @param maxWeight bound on the sum of the weights (a count while each weighs 1). */
  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  get size(): number {
    return this.#new.size + this.#proven.size;
  }

  get(key: K): V | undefined {
    const proven = this.#proven.get(key);
    const entry = proven ?? this.#new.get(key);
    if (entry === undefined) return undefined;
    if (proven === undefined) {
      this.#remove(key);
      this.#provenWeight += entry.weight;
    } else if (this.#moves - entry.movedAt < this.#proven.size * UNORDERED_SHARE) return entry.value;
    else this.#proven.delete(key);
    this.#proven.set(key, entry);
    entry.movedAt = ++this.#moves;
    if (this.#provenWeight > this.#maxWeight * PROVEN_SHARE) this.#demoteBefore(key);
    return entry.value;
  }

  #demoteBefore(key: K): void {
    for (const [oldest, { weight }] of this.#proven) {
      if (this.#provenWeight <= this.#maxWeight * PROVEN_SHARE || oldest === key) break;
      this.#demote(oldest, weight);
    }
  }

  /** It weighs 1 until {@link weigh} says otherwise. */
  set(key: K, value: V): void {
    this.#remove(key);
    this.#new.set(key, { value, weight: 1, movedAt: 0 });
    this.#newWeight += 1;
    this.#makeRoom(key);
  }

  /** Says what an entry weighs, if it is still there; one heavier than a quarter of the bound counts as that. */
  weigh(key: K, value: V, weight: number): void {
    const isProven = this.#proven.has(key);
    const entry = this.#proven.get(key) ?? this.#new.get(key);
    if (entry?.value !== value) return;
    const most = Math.max(1, this.#maxWeight * (1 - PROVEN_SHARE));
    const added = Math.min(most, weight) - entry.weight;
    entry.weight += added;
    if (isProven) this.#provenWeight += added;
    else this.#newWeight += added;
    this.#makeRoom(key);
  }

  #makeRoom(kept: K): void {
    for (const entries of [this.#new, this.#proven]) {
      for (const oldest of entries.keys()) {
        if (this.#newWeight + this.#provenWeight <= this.#maxWeight) return;
        if (oldest !== kept) this.#remove(oldest);
      }
    }
  }

  #demote(key: K, weight: number): void {
    const entry = this.#proven.get(key);
    if (entry === undefined) return;
    this.#remove(key);
    this.#new.set(key, entry);
    this.#newWeight += weight;
  }

  #remove(key: K): void {
    const proven = this.#proven.get(key);
    if (proven !== undefined) this.#provenWeight -= proven.weight;
    this.#proven.delete(key);
    const unproven = this.#new.get(key);
    if (unproven !== undefined) this.#newWeight -= unproven.weight;
    this.#new.delete(key);
  }
}
