import { setTimeout as sleep } from 'node:timers/promises';
import type { KeptAnswer, Turn } from '../../http/kept-answer.ts';
import { releaseOnceWritten } from '../freshness/release.ts';
import type { CacheEntry, CacheStore } from '../store/cache-store.ts';

/** Longer than most answers take to make; who has not made it by then has perhaps gone away. */
const LEASE_MS = 5_000;

/** Somebody else is waited for so long: it is no worse then to make it twice. */
const POLLS = 20;
const POLL_MS = 15;

/** Nobody else makes it. */
export const OURS: Turn = Object.freeze({ kept: null, end() {} });

interface Awaited {
  readonly key: string;
  /** It was looked for so long ago that somebody may have made it since. */
  readonly isLongAgo: boolean;
}

/**
 * One in the fleet makes an answer that many want: the others look for it now and then, and make it themselves when
 * whoever had the lease has given it back without keeping anything.
 * @param freshIn the answer of an entry, or null if it is not fresh
 */
export async function takeTurn(
  store: CacheStore,
  { key, isLongAgo }: Awaited,
  freshIn: (entry: CacheEntry | undefined) => KeptAnswer | null,
): Promise<Turn> {
  const read = () => store.get([key], { pastMemory: true });
  for (let poll = 0; poll < POLLS; poll++) {
    // The lease first, in one round trip: who had it has written by then what was made.
    const leasing = store.lease(key, LEASE_MS);
    const reading = poll > 0 || isLongAgo ? read() : null;
    const lease = await leasing;
    const [entry] = reading !== null || lease === null ? await (reading ?? read()) : [];
    const kept = freshIn(entry);
    if (kept !== null) {
      lease?.release();
      return { kept, end() {} };
    }
    if (lease !== null) return { kept: null, end: () => releaseOnceWritten(lease) };
    await sleep(POLL_MS);
  }
  return OURS;
}
