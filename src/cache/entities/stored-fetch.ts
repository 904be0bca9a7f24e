import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { CacheEntityOutcome } from '../../telemetry/metrics.ts';
import { freshnessOf, isDueEarly, untilFor } from '../freshness/lifetime.ts';
import type { Due, Refreshes } from '../freshness/refreshes.ts';
import type {
  Asker,
  Beginning,
  CachedReply,
  FetchCache,
  Finding,
  Found,
  FreshValue,
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
  type KeptPlace,
  type KeptSelection,
  placeIn,
} from './kept-selection.ts';
import { isUsed, readPlaces, type Stored } from './read-places.ts';
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
    const { subgraph, onFound } = this.#options;
    const counts: Record<CacheEntityOutcome, number> = { hit: 0, miss: 0, stale: 0, negative: 0 };
    const readHeaders = createReadHeaders();
    const found = places.map((place, index) => {
      if (place === null || waitedFor.has(index)) return NOTHING;
      const one = this.#found(stored[index], place, readHeaders);
      counts[one.outcome]++;
      return one;
    });
    for (const outcome of OUTCOMES) if (counts[outcome] > 0) onFound(subgraph, outcome, counts[outcome]);
    return found;
  }

  #found(
    stored: Stored | undefined,
    place: KeptPlace,
    readHeaders: ReadHeaders,
  ): Found & { readonly outcome: CacheEntityOutcome } {
    const { clock, random } = this.#options;
    const now = clock.now();
    const freshness = stored === undefined ? 'over' : freshnessOf(stored.entry, place.policy, now);
    const plain = stored === undefined || freshness === 'over' ? null : readKept(stored, place, now);
    const headers = stored === undefined ? null : readHeaders(stored.entry);
    if (stored === undefined || plain === null || headers === null) return { ...NOTHING, outcome: 'miss' };
    const kept = { ...plain, headers, isStale: freshness !== 'fresh' };
    const { key, entry } = stored;
    if (!isUsed(entry, place, now)) return { ...NOTHING, spare: kept, outcome: 'miss' };
    const isStale = freshness === 'revalidated';
    const isDue = isStale || isDueEarly(entry, now, random());
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
    const representation = text === '' ? null : (JSON.parse(text) as JsonObject);
    const name = representation === null ? '' : String(representation['__typename']);
    let selection = bound.get(name);
    if (selection === undefined) {
      const known = selections.get(name);
      selection = known === undefined ? null : bindSelection(known, asker);
      bound.set(name, selection);
    }
    return selection === null ? null : placeIn(selection, representation);
  });
}

function outcomeOf({ value }: KeptValue, isStale: boolean): CacheEntityOutcome {
  if (isStale) return 'stale';
  return value === null ? 'negative' : 'hit';
}

/** A value of its own for whoever asks; null for what is none. */
function readKept(
  { entry, isPrivate }: Stored,
  { policy }: KeptPlace,
  now: number,
): Omit<KeptValue, 'headers' | 'isStale'> | null {
  const { parts, storedAt, tags } = entry;
  const text = parts[0]?.toString('utf8') ?? '';
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  if (value !== null && !isJsonObject(value)) return null;
  const ageMs = Math.max(0, now - storedAt);
  return { value, hasEscapes: text.includes('\\'), ageMs, ...untilFor(entry, policy), tags, isPrivate };
}
