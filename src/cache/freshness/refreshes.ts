import type { CacheStore, Lease } from '../store/cache-store.ts';
import { releaseOnceWritten } from './release.ts';

/** Values that one process makes anew at the same time; what is beyond is served stale a little longer. */
const MOST = 2_000;

/** Longer than a subgraph may take; whoever holds it gives it back before. */
const LEASE_MS = 30_000;

/** A value that is served, and to be made anew. */
interface Due {
  readonly key: string;
}

interface Granted {
  readonly position: number;
  readonly key: string;
  /** ms since the epoch; 0 where memory has nothing of it. */
  readonly seenFrom: number;
  readonly lease: Lease;
}

/** What is being made anew behind answers: each value once in this process, and once in the fleet. */
export class Refreshes {
  readonly #store: CacheStore;
  readonly #running = new Set<string>();

  constructor(store: CacheStore) {
    this.#store = store;
  }

  /** @param work gets the positions of those that nobody else makes; must not reject */
  async run(all: readonly Due[], work: (due: readonly number[]) => Promise<void>): Promise<void> {
    const own = all.flatMap(({ key }, position) => (this.#take(key) ? [{ key, position }] : []));
    if (own.length === 0) return;
    let granted: readonly Granted[] = [];
    try {
      granted = (await Promise.all(own.map(one => this.#lease(one)))).filter(one => one !== null);
      const due = await this.#stillDue(granted);
      if (due.length > 0) await work(due.map(({ position }) => position));
    } finally {
      for (const { lease } of granted) releaseOnceWritten(lease);
      for (const { key } of own) this.#running.delete(key);
    }
  }

  #take(key: string): boolean {
    if (this.#running.has(key) || this.#running.size >= MOST) return false;
    this.#running.add(key);
    return true;
  }

  async #lease({ key, position }: Omit<Granted, 'lease' | 'seenFrom'>): Promise<Granted | null> {
    const seenFrom = this.#store.peek(key)?.storedAt ?? 0;
    const lease = await this.#store.lease(key, LEASE_MS);
    return lease === null ? null : { key, position, seenFrom, lease };
  }

  /** Without what whoever had the lease before has made meanwhile; memory takes that up. */
  async #stillDue(granted: readonly Granted[]): Promise<readonly Granted[]> {
    if (granted.length === 0) return granted;
    const entries = await this.#store.get(
      granted.map(({ key }) => key),
      { pastMemory: true },
    );
    return granted.filter(({ seenFrom }, i) => (entries[i]?.storedAt ?? 0) <= seenFrom);
  }
}
