import { isJsonObject, type Json } from '../../shared/json.ts';
import type { CacheEntityOutcome } from '../../telemetry/metrics.ts';
import { type Freshness, freshnessOf, isDueEarly, untilFor } from '../freshness/lifetime.ts';
import type { Due, Refreshes } from '../freshness/refreshes.ts';
import type {
  Asker,
  Beginning,
  CachedReply,
  FetchCache,
  Finding,
  Found,
  FreshValue,
  KeptReplyHeaders,
  KeptValue,
  Patience,
  Place,
  UsedBound,
} from './fetch-caching.ts';
import type { Holds } from './holds.ts';
import { type KeepOptions, keepReply } from './keep-reply.ts';
import {
  type BoundSelection,
  bindSelection,
  isNothing,
  KeptPlace,
  type KeptSelection,
  readRepresentation,
} from './kept-selection.ts';
import { isUsedAs, readPlaces, type Stored } from './read-places.ts';
import { createReadHeaders, type ReadHeaders } from './reply-headers.ts';

export interface StoredFetchOptions extends KeepOptions {
  readonly subgraph: string;
  readonly refreshes: Refreshes;
  readonly holds: Holds;
  /** Told of what was found, and of fields that a kept value stood in for. */
  readonly onFound: (subgraph: string, outcome: CacheEntityOutcome, count: number) => void;
  readonly onServedForError: (coordinate: string) => void;
}

/** By the type that a representation names; of root fields there is one, without a name. */
type Selections = ReadonlyMap<string | null, ReadonlyMap<string, KeptSelection>>;

const OUTCOMES: readonly CacheEntityOutcome[] = ['hit', 'miss', 'stale', 'negative'];

const NOTHING: Found = Object.freeze({ value: null, due: null, spare: null });

const MISSED = Object.freeze({ ...NOTHING, outcome: 'miss' as const });

const NONE: ReadonlySet<number> = new Set();

const FOUND_NOTHING = Object.freeze({ tags: [], isPrivate: false, ageMs: 0, isStale: false });

/** What one fetch of a plan keeps in the store. */
export class StoredFetch implements FetchCache {
  readonly #selections: Selections;
  readonly #options: StoredFetchOptions;

  /** @param selections by the alias of the group; null: of the root */
  constructor(selections: Selections, options: StoredFetchOptions) {
    this.#selections = selections;
    this.#options = options;
  }

  places(
    asker: Asker,
    alias: string | null,
    representations: readonly string[],
  ): readonly (KeptPlace | null)[] {
    const ofAlias = this.#selections.get(alias);
    if (ofAlias === undefined || asker.factor <= 0) return representations.map(() => null);
    try {
      return placesIn(ofAlias, asker, representations);
    } catch (error) {
      // What is nested too deep to be written in one form is not kept.
      if (!(error instanceof RangeError)) throw error;
      return representations.map(() => null);
    }
  }

  async find(places: readonly (Place | null)[], patience: Patience | null): Promise<Finding> {
    const own = places as readonly (KeptPlace | null)[];
    const read = await readPlaces(own, this.#options, patience);
    const { stored, others, wait, end, endOthers } = read;
    if (others.size === 0) return { found: this.#judge(own, stored, NONE), others: null, end };
    const found = this.#judge(own, stored, others);
    const judgeRest = async (): Promise<readonly Found[]> => {
      const rest = own.map((place, position) => (others.has(position) ? place : null));
      const judged = this.#judge(rest, await wait(), NONE);
      return found.map((one, position) => (others.has(position) ? (judged[position] ?? one) : one));
    };
    return { found, others: { positions: others, wait: judgeRest, end: endOthers }, end };
  }

  begin(): Beginning {
    const { store, clock } = this.#options;
    return { since: store.mark(), startedAt: clock.elapsed() };
  }

  keep(values: readonly FreshValue[], reply: CachedReply): void {
    const { holds } = this.#options;
    const kept = keepReply(
      values as readonly (FreshValue & { place: KeptPlace | null })[],
      reply,
      this.#options,
    );
    for (const { place, keptAt } of kept) {
      holds.kept(place.key, keptAt);
      const own = place.selection.privacy.isSeen ? place.ownKey() : null;
      if (own !== null) holds.kept(own, keptAt);
    }
  }

  boundOf(place: Place | null, value: Json): UsedBound | null {
    const { clock, negativeMs } = this.#options;
    const isNone = value === null || (place !== null && isNothing((place as KeptPlace).selection, value));
    if (!isNone) return null;
    const until = clock.now() + negativeMs;
    return { freshUntil: until, revalidateUntil: until, errorUntil: until, ...FOUND_NOTHING };
  }

  refresh(due: readonly Due[], ask: (due: readonly number[]) => Promise<void>): Promise<void> {
    return this.#options.refreshes.run(due, ask);
  }

  servedForError(coordinates: readonly string[]): void {
    for (const coordinate of coordinates) this.#options.onServedForError(coordinate);
  }

  /** @param waitedFor positions of what others fetch: it is judged when they have been waited for */
  #judge(
    places: readonly (KeptPlace | null)[],
    stored: readonly (Stored | undefined)[],
    waitedFor: ReadonlySet<number>,
  ): readonly Found[] {
    const { subgraph, onFound, clock } = this.#options;
    const counts: Record<CacheEntityOutcome, number> = { hit: 0, miss: 0, stale: 0, negative: 0 };
    const judging = { now: clock.now(), readHeaders: createReadHeaders() };
    const found = places.map((place, index) => {
      if (place === null || waitedFor.has(index)) return NOTHING;
      const one = this.#found(stored[index], place, judging);
      counts[one.outcome]++;
      return one;
    });
    for (const outcome of OUTCOMES) if (counts[outcome] > 0) onFound(subgraph, outcome, counts[outcome]);
    return found;
  }

  #found(
    stored: Stored | undefined,
    place: KeptPlace,
    { now, readHeaders }: { readonly now: number; readonly readHeaders: ReadHeaders },
  ): Found & { readonly outcome: CacheEntityOutcome } {
    if (stored === undefined) return MISSED;
    const { key, entry } = stored;
    const freshness = freshnessOf(entry, place.policy, now);
    const headers = freshness === 'over' ? null : readHeaders(entry);
    const kept = headers === null ? null : readKept(stored, place, { now, headers, freshness });
    if (kept === null) return MISSED;
    if (!isUsedAs(freshness, entry, place)) return { ...NOTHING, spare: kept, outcome: 'miss' };
    const isStale = freshness === 'revalidated';
    const isDue = isStale || isDueEarly(entry, now, this.#options.random());
    const due = isDue ? { key, storedAt: entry.storedAt } : null;
    return { value: kept, due, spare: null, outcome: outcomeOf(kept, isStale) };
  }
}

function placesIn(
  selections: ReadonlyMap<string, KeptSelection>,
  asker: Asker,
  representations: readonly string[],
): readonly (KeptPlace | null)[] {
  const bound = new Map<string, BoundSelection | null>();
  return representations.map(text => {
    const { typeName, canonical } = readRepresentation(text);
    let selection = bound.get(typeName);
    if (selection === undefined) {
      const known = selections.get(typeName);
      selection = known === undefined ? null : bindSelection(known, asker);
      bound.set(typeName, selection);
    }
    return selection === null ? null : new KeptPlace(selection, canonical);
  });
}

function outcomeOf({ value }: KeptValue, isStale: boolean): CacheEntityOutcome {
  if (isStale) return 'stale';
  return value === null ? 'negative' : 'hit';
}

interface Judged {
  readonly now: number;
  readonly headers: KeptReplyHeaders;
  readonly freshness: Freshness;
}

/** A value of its own for whoever asks; null for what is none. */
function readKept(
  { entry, isPrivate }: Stored,
  { policy }: KeptPlace,
  { now, headers, freshness }: Judged,
): KeptValue | null {
  const { parts, storedAt, tags } = entry;
  const text = parts[0]?.toString('utf8') ?? '';
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  if (value !== null && !isJsonObject(value)) return null;
  const { freshUntil, revalidateUntil, errorUntil } = untilFor(entry, policy);
  // All in one: there are as many as a list has entities.
  return {
    value,
    hasEscapes: text.includes('\\'),
    ageMs: Math.max(0, now - storedAt),
    isStale: freshness !== 'fresh',
    headers,
    freshUntil,
    revalidateUntil,
    errorUntil,
    tags,
    isPrivate,
  };
}
