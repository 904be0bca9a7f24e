import { PassingMap } from '../../shared/passing-map.ts';
import type { CacheStore, Lease } from '../store/cache-store.ts';

/** Values that one process makes anew at the same time; what is beyond is served stale a little longer. */
const MOST = 2_000;

/** Longer than a subgraph may take; whoever holds it gives it back before. */
const LEASE_MS = 30_000;

/** A value that is to be made anew, as it was found: one that is newer has been made meanwhile. */
export interface Due {
  readonly key: string;
  /** ms since the epoch */
  readonly storedAt: number;
}

interface Own extends Due {
  readonly position: number;
}

interface Granted extends Own {
  readonly lease: Lease;
}

/** What is being made anew behind answers: each value once in this process, and once in the fleet. */
export class Refreshes {
  readonly #store: CacheStore;
  readonly #running = new PassingMap<string, true>();

  constructor(store: CacheStore) {
    this.#store = store;
  }

  /** @param work gets the positions of those that nobody else makes; must not reject */
  async run(all: readonly Due[], work: (due: readonly number[]) => Promise<void>): Promise<void> {
    const own = all.flatMap((due, position) => (this.#take(due.key) ? [{ ...due, position }] : []));
    if (own.length === 0) return;
    try {
      const granted = await this.#claim(own);
      try {
        if (granted.length > 0) await work(granted.map(({ position }) => position));
      } finally {
        for (const { lease } of granted) lease.release();
      }
    } finally {
      for (const { key } of own) this.#running.delete(key);
    }
  }

  #take(key: string): boolean {
    if (this.#running.has(key) || this.#running.size >= MOST) return false;
    this.#running.set(key, true);
    return true;
  }

  /** Without what somebody else makes, or has made meanwhile. */
  async #claim(own: readonly Own[]): Promise<readonly Granted[]> {
    const needed = own.map(({ key, storedAt }) => ({ key, storedAfter: storedAt }));
    const claimed = await this.#store.claim(needed, { until: 'revalidated', after: 0, leaseMs: LEASE_MS });
    return own.flatMap((one, i) => {
      const lease = claimed[i]?.lease ?? null;
      return lease === null ? [] : [{ ...one, lease }];
    });
  }
}
