import { setTimeout as sleep } from 'node:timers/promises';
import type { KeptAnswer, Turn } from '../../http/kept-answer.ts';
import type { CacheEntry, CacheStore, ClaimTerms, Needed } from '../store/cache-store.ts';

/** Longer than most answers take to make; who has not made it by then has perhaps gone away. */
const LEASE_MS = 5_000;

/** Somebody else is waited for so long: it is no worse then to make it twice. */
const POLLS = 20;
const POLL_MS = 15;

/** Nobody else makes it. */
export const OURS: Turn = Object.freeze({ kept: null, end() {} });

interface TurnParts {
  readonly store: CacheStore;
  /** What is enough for whoever asks, by now. */
  readonly need: () => Omit<Needed & ClaimTerms, 'leaseMs'>;
  /** The answer of an entry, or null if it is not fresh. */
  readonly freshIn: (entry: CacheEntry | undefined) => KeptAnswer | null;
}

/**
 * One in the fleet makes an answer that many want: the others look for it now and then, and make it themselves when
 * whoever had the lease has given it back without keeping anything.
 */
export async function takeTurn({ store, need, freshIn }: TurnParts): Promise<Turn> {
  for (let poll = 0; poll < POLLS; poll++) {
    const { key, storedAfter, ...terms } = need();
    const [claimed] = await store.claim([{ key, storedAfter }], { ...terms, leaseMs: LEASE_MS });
    const kept = freshIn(claimed?.entry);
    const lease = claimed?.lease ?? null;
    if (kept !== null) {
      lease?.release();
      return { kept, end() {} };
    }
    if (lease !== null) return { kept: null, end: () => lease.release() };
    await sleep(POLL_MS);
  }
  return OURS;
}
