import type { Clock } from '../../shared/clock.ts';
import type { CacheStore } from '../store/cache-store.ts';
import type { KeptPlace } from './kept-selection.ts';
import { freshnessOf, isDueEarly } from './lifetime.ts';

interface RefreshesOptions {
  readonly store: CacheStore;
  readonly clock: Clock;
}

/** Values that one process makes anew at the same time; what is beyond is served stale a little longer. */
const MOST = 2_000;

/** Longer than a subgraph may take; whoever holds it gives it back before. */
const LEASE_MS = 30_000;

/** What is being made anew behind answers: each value once in this process, and once in the fleet. */
export class Refreshes {
  readonly #options: RefreshesOptions;
  readonly #running = new Set<string>();

  constructor(options: RefreshesOptions) {
    this.#options = options;
  }

  /** @param ask gets positions of the places; must not reject */
  async run(places: readonly KeptPlace[], ask: (due: readonly number[]) => Promise<void>): Promise<void> {
    const { store } = this.#options;
    const own = places.flatMap((place, position) => (this.#take(place.key) ? [{ place, position }] : []));
    if (own.length === 0) return;
    try {
      const due = await this.#stillDue(own);
      const leased = await Promise.all(
        due.map(async one => ({ ...one, lease: await store.lease(one.place.key, LEASE_MS) })),
      );
      const granted = leased.filter(({ lease }) => lease !== null);
      try {
        if (granted.length > 0) await ask(granted.map(({ position }) => position));
      } finally {
        for (const { lease } of granted) lease?.release();
      }
    } finally {
      for (const { place } of own) this.#running.delete(place.key);
    }
  }

  #take(key: string): boolean {
    if (this.#running.has(key) || this.#running.size >= MOST) return false;
    this.#running.add(key);
    return true;
  }

  /** Without what another process has made anew already; memory takes that up. */
  async #stillDue<T extends { readonly place: KeptPlace }>(all: readonly T[]): Promise<readonly T[]> {
    const { store, clock } = this.#options;
    const entries = await store.get(
      all.map(({ place }) => place.key),
      { pastMemory: true },
    );
    const now = clock.now();
    return all.filter(({ place }, index) => {
      const entry = entries[index];
      if (entry === undefined || freshnessOf(entry, place.policy, now) !== 'fresh') return true;
      return isDueEarly(entry, now, 0.5);
    });
  }
}
