/**
 * A map is made anew after so many that have gone, or as many as it has. The tables that one has outgrown name those
 * after them, and what was in them: one in old memory would keep all that comes from then on from being collected with
 * the young, at ten times the cost.
 */
const MANY_GONE = 256;

/** A map of what comes and goes with requests. In the order in which it came. */
export class PassingMap<K, V> {
  #map = new Map<K, V>();
  #gone = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  set(key: K, value: V): void {
    this.#map.set(key, value);
  }

  /** @returns whether it was there */
  delete(key: K): boolean {
    if (!this.#map.delete(key)) return false;
    if (++this.#gone >= Math.max(MANY_GONE, this.#map.size)) {
      this.#map = new Map(this.#map);
      this.#gone = 0;
    }
    return true;
  }

  /** Whichever came first; undefined: there is none. */
  first(): K | undefined {
    return this.#map.keys().next().value;
  }

  clear(): void {
    this.#map.clear();
  }
}
