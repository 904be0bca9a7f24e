import type { Clock } from '../../shared/clock.ts';
import { sha256 } from '../../shared/hash.ts';
import { Lru } from '../../shared/lru.ts';

interface Kept {
  /** JSON text: what is given again is read anew, so that no answer changes another's. */
  readonly text: string;
  readonly at: number;
}

/** What an entry takes besides its text. */
const ENTRY_WEIGHT = 200;

/**
 * The last good values of fields that may answer with one while their subgraph fails. Bounded by characters; keys
 * hold all that a value depends on, the caller as far as the subgraph is told about it included.
 */
export class LastGood {
  readonly #values: Lru<string, Kept>;
  readonly #clock: Clock;

  /** @param maxWeight characters */
  constructor(maxWeight: number, clock: Clock) {
    this.#values = new Lru(maxWeight);
    this.#clock = clock;
  }

  keep(key: string, text: string): void {
    this.#values.set(sha256(key), { text, at: this.#clock.elapsed() }, ENTRY_WEIGHT + text.length);
  }

  /** A value not older than that, and its age in ms. */
  find(key: string, maxAgeMs: number): { readonly text: string; readonly ageMs: number } | null {
    const kept = this.#values.get(sha256(key));
    if (kept === undefined) return null;
    const ageMs = this.#clock.elapsed() - kept.at;
    return ageMs > maxAgeMs ? null : { text: kept.text, ageMs };
  }
}
