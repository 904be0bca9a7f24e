import { randomId } from '../../../shared/random-id.ts';
import type { CacheEntry, Claimed, ClaimTerms, Lease, Needed } from '../cache-store.ts';
import { isEnough } from '../is-enough.ts';
import type { LocalLeases } from '../memory/leases.ts';
import type { Availability } from './availability.ts';
import { type ReadClaim, readClaims } from './claim-reader.ts';
import type { LeaseReturns } from './lease-returns.ts';
import { type ReadParts, readOnce, take } from './reads.ts';
import type { WriteQueue } from './write-queue.ts';

export interface ClaimParts extends ReadParts {
  readonly leases: Availability;
  /** Asked first: what this process has it need not ask Redis for. */
  readonly local: LocalLeases;
  readonly queue: WriteQueue;
  readonly returns: LeaseReturns;
}

/** What Redis is asked for. */
interface Asked {
  readonly needed: Needed;
  readonly position: number;
  /** Of this process. */
  readonly own: Lease;
}

/** An entry that was found, and what became of its lease in Redis; unknown: it may have been taken. */
interface Answered {
  readonly entry: CacheEntry | undefined;
  readonly lease: ReadClaim['lease'] | 'unknown';
}

/** See CacheStore. */
export async function claim(
  parts: ClaimParts,
  all: readonly Needed[],
  terms: ClaimTerms,
): Promise<readonly Claimed[]> {
  const asked: Asked[] = [];
  const claimed = all.map((needed, position): Claimed => {
    const entry = known(parts, needed.key);
    if (isEnough(entry, needed, terms)) return { entry, isEnough: true, lease: null };
    const own = parts.local.take(needed.key, terms.leaseMs);
    if (own !== null) asked.push({ needed, position, own });
    return { entry, isEnough: false, lease: null };
  });
  if (asked.length === 0) return claimed;
  const token = randomId();
  const answers = await askRedis(parts, asked, { terms, token });
  for (const [i, { needed, position, own }] of asked.entries()) {
    const { entry = known(parts, needed.key), lease } = answers[i] as Answered;
    const inFleet = lease === 'granted' || lease === 'unknown' ? fleetLease(parts, needed.key, token) : null;
    const isOver = isEnough(entry, needed, terms);
    if (isOver || lease === 'held') {
      own.release();
      inFleet?.release();
      claimed[position] = { entry, isEnough: isOver, lease: null };
    } else claimed[position] = { entry, isEnough: false, lease: both(own, inFleet) };
  }
  return claimed;
}

/** What memory has; not counted, as whoever claims has looked there before. */
function known({ memory, news }: ClaimParts, key: string): CacheEntry | undefined {
  return news.isCurrent ? memory.get(key) : undefined;
}

async function askRedis(
  parts: ClaimParts,
  asked: readonly Asked[],
  { terms, token }: { readonly terms: ClaimTerms; readonly token: string },
): Promise<readonly Answered[]> {
  const { options, news, reads, leases } = parts;
  const all = asked.map(({ needed }) => needed);
  if (reads.isResting || leases.isResting) {
    const keys = all.map(({ key }) => key);
    const entries = await readOnce(parts, keys, { pastMemory: true });
    return entries.map(entry => ({ entry, lease: 'not-wanted' }));
  }
  try {
    const { newest, trouble, claims } = await readClaims(parts, all, { terms, token });
    reads.succeeded();
    if (trouble !== null) leases.failed(new Error(trouble));
    else if (claims.some(({ lease }) => lease !== 'not-wanted')) leases.succeeded();
    news.saw(newest);
    return claims.map(({ read, lease }, i) => {
      return { entry: take(parts, { key: all[i]?.key ?? null, read, newest }), lease };
    });
  } catch (error) {
    reads.failed(error);
    return all.map(() => {
      options.metrics.cacheRead('unavailable');
      return { entry: undefined, lease: 'unknown' };
    });
  }
}

function fleetLease({ names, queue, returns }: ClaimParts, key: string, token: string): Lease {
  return {
    // Whoever has it next looks first for what was made.
    release: (keptAt = key) =>
      queue.afterWrite(names.entry(keptAt), () => returns.add(names.lease(key), token)),
  };
}

function both(own: Lease, inFleet: Lease | null): Lease {
  if (inFleet === null) return own;
  return {
    release(keptAt) {
      own.release();
      inFleet.release(keptAt);
    },
  };
}
