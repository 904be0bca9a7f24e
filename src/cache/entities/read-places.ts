import type { Clock } from '../../shared/clock.ts';
import { type Freshness, freshnessOf, isServed } from '../freshness/lifetime.ts';
import type { CacheEntry, CacheStore, ClaimTerms } from '../store/cache-store.ts';
import { Claim } from './claim.ts';
import type { Patience } from './fetch-caching.ts';
import type { Holds } from './holds.ts';
import type { KeptPlace } from './kept-selection.ts';

/** An entry where it was found. */
export interface Stored {
  readonly key: string;
  readonly entry: CacheEntry;
  /** A reply has made it this caller's. */
  readonly isPrivate: boolean;
}

export interface ReadParts {
  readonly store: CacheStore;
  readonly clock: Clock;
  readonly holds: Holds;
}

type Entry = CacheEntry | undefined;

/** A place with its keys. */
interface Keyed {
  readonly place: KeptPlace;
  readonly position: number;
  readonly key: string;
  /** Where replies make what is kept there the caller's own; null: they do not. */
  readonly ownKey: string | null;
}

/** What there is at places, and who fetches what is not there. */
export interface ReadPlaces {
  /** In the order of the places. */
  readonly stored: readonly (Stored | undefined)[];
  /** Positions; see Others. */
  readonly others: ReadonlySet<number>;
  /** What there is when they have been waited for. */
  wait(): Promise<readonly (Stored | undefined)[]>;
  /** See Finding. */
  end(): void;
  /** See Others. */
  endOthers(): void;
}

/**
 * Memory first, then all that it does not have with one question, which claims it, too.
 * @param patience null: nothing is claimed
 */
export async function readPlaces(
  places: readonly (KeptPlace | null)[],
  { store, clock, holds }: ReadParts,
  patience: Patience | null,
): Promise<ReadPlaces> {
  const now = clock.now();
  const stored: (Stored | undefined)[] = new Array(places.length).fill(undefined);
  const lacking = keyed(places).filter(one => {
    stored[one.position] = storedAt(one, key => store.peek(key));
    return !isEnough(stored[one.position], one, now);
  });
  const [first] = lacking;
  if (first === undefined)
    return { stored, others: NONE, wait: async () => stored, end() {}, endOthers() {} };
  const claim = new Claim({ store, clock, holds }, termsOf(first.place, now), patience?.cancel);
  await lookUp(claim, lacking, { now, isClaimed: patience !== null });
  const shared = sharedKeys(lacking);
  const take = (): void => {
    for (const one of lacking)
      stored[one.position] = storedAt(one, key => claim.entries.get(key)) ?? stored[one.position];
    if (shared.length === 0) return;
    // The caller's own keys were claimed where there was something at everybody's.
    const rest = lacking.filter(one => !isEnough(stored[one.position], one, now));
    claim.keepOnly(new Set(rest.map(fetchedKey)));
  };
  take();
  const awaited = new Set(claim.others);
  const others = lacking.filter(one => awaited.has(fetchedKey(one)));
  return {
    stored,
    others: new Set(others.map(({ position }) => position)),
    async wait() {
      if (patience !== null) await claim.wait(patience);
      // Replies that said nothing have made it everybody's.
      await claim.read(sharedKeys(others));
      take();
      return stored;
    },
    end: () => claim.end(),
    endOthers: () => claim.endOthers(),
  };
}

const NONE: ReadonlySet<number> = new Set();

function keyed(places: readonly (KeptPlace | null)[]): Keyed[] {
  return places.flatMap((place, position) => {
    if (place === null) return [];
    return [
      { place, position, key: place.key, ownKey: place.selection.privacy.isSeen ? place.ownKey() : null },
    ];
  });
}

/** What is the caller's own where it is as good. */
function storedAt({ key, ownKey }: Keyed, find: (key: string) => Entry): Stored | undefined {
  const theirs = find(key);
  const mine = ownKey === null ? undefined : find(ownKey);
  if (ownKey !== null && mine !== undefined && mine.freshUntil >= (theirs?.freshUntil ?? 0))
    return { key: ownKey, entry: mine, isPrivate: true };
  return theirs && { key, entry: theirs, isPrivate: false };
}

/** Where what is fetched will be, as far as that is known: a reply that says nothing makes it everybody's. */
function fetchedKey({ key, ownKey }: Keyed): string {
  return ownKey ?? key;
}

/** Keys of everybody's, of places that have another one for the caller, each once. */
function sharedKeys(all: readonly Keyed[]): readonly string[] {
  return [...new Set(all.flatMap(({ key, ownKey }) => (ownKey === null ? [] : [key])))];
}

function lookUp(
  claim: Claim,
  lacking: readonly Keyed[],
  { now, isClaimed }: { readonly now: number; readonly isClaimed: boolean },
): Promise<unknown> {
  const shared = sharedKeys(lacking);
  const fetched = new Map(lacking.map(one => [fetchedKey(one), one.place]));
  if (!isClaimed) return claim.read([...new Set([...shared, ...fetched.keys()])]);
  const needed = [...fetched].map(([key, place]) => ({ key, storedAfter: oldest(place, now) }));
  return Promise.all([claim.take(needed), claim.read(shared)]);
}

/** Whether whoever asks takes it, instead of asking the subgraph. */
export function isUsedAs(freshness: Freshness, entry: CacheEntry, { asker }: KeptPlace): boolean {
  if (asker.newerThan === null) return isServed(freshness);
  return freshness === 'fresh' && entry.freshUntil > asker.newerThan;
}

function isEnough(stored: Stored | undefined, { place }: Keyed, now: number): boolean {
  if (stored === undefined) return false;
  return isUsedAs(freshnessOf(stored.entry, place.policy, now), stored.entry, place);
}

/** As for {@link isUsedAs}, for all places of one asker. */
function termsOf({ asker: { newerThan } }: KeptPlace, now: number): Omit<ClaimTerms, 'leaseMs'> {
  if (newerThan === null) return { until: 'revalidated', after: now };
  return { until: 'fresh', after: Math.max(now, newerThan) };
}

function oldest({ policy, asker }: KeptPlace, now: number): number {
  return now - policy.maxAgeMs - (asker.newerThan === null ? policy.staleWhileRevalidateMs : 0);
}
