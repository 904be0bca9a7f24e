import type { CacheStore, Lease } from '../store/cache-store.ts';
import { releaseOnceWritten } from './release.ts';

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

/** What nobody else makes anew until it is ended. */
export interface Claim {
  /** Positions of it. */
  readonly due: readonly number[];
  end(): void;
}

interface Granted extends Due {
  readonly position: number;
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
    const { due, end } = await this.claim(all);
    try {
      if (due.length > 0) await work(due);
    } finally {
      end();
    }
  }

  /** What it is given is to be ended, however making it anew goes. */
  async claim(all: readonly Due[]): Promise<Claim> {
    const own = all.flatMap((due, position) => (this.#take(due.key) ? [{ ...due, position }] : []));
    if (own.length === 0) return NOTHING;
    let granted: readonly Granted[] = [];
    let claimed: ReadonlySet<Granted> = new Set();
    try {
      granted = (await Promise.all(own.map(one => this.#lease(one)))).filter(one => one !== null);
      claimed = await this.#stillDue(granted);
    } finally {
      // Somebody else makes the others, or has made them.
      for (const one of granted) if (!claimed.has(one)) one.lease.release();
      const keys = new Set([...claimed].map(({ key }) => key));
      for (const { key } of own) if (!keys.has(key)) this.#running.delete(key);
    }
    return { due: [...claimed].map(({ position }) => position), end: () => this.#end(claimed) };
  }

  #end(claimed: ReadonlySet<Granted>): void {
    for (const { key, lease } of claimed) {
      releaseOnceWritten(lease);
      this.#running.delete(key);
    }
  }

  #take(key: string): boolean {
    if (this.#running.has(key) || this.#running.size >= MOST) return false;
    this.#running.add(key);
    return true;
  }

  async #lease(own: Omit<Granted, 'lease'>): Promise<Granted | null> {
    const lease = await this.#store.lease(own.key, LEASE_MS);
    return lease === null ? null : { ...own, lease };
  }

  /** Without what whoever had the lease before has made meanwhile; memory takes that up. */
  async #stillDue(granted: readonly Granted[]): Promise<ReadonlySet<Granted>> {
    if (granted.length === 0) return new Set();
    const entries = await this.#store.get(
      granted.map(({ key }) => key),
      { pastMemory: true },
    );
    return new Set(granted.filter(({ storedAt }, i) => (entries[i]?.storedAt ?? 0) <= storedAt));
  }
}

const NOTHING: Claim = Object.freeze({ due: [], end() {} });
