import type { DocumentNode, SelectionSetNode } from 'graphql';
import type { Cancellation } from '../../shared/cancellation.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import type { Due } from '../freshness/refreshes.ts';
import type { Variables } from '../policy/condition.ts';

/** The entity cache of a generation, as plans are compiled with it. */
export interface FetchCaching {
  /** Null: nothing of such a fetch is ever kept. */
  entities(fetch: CachedFetch, groups: readonly CachedGroup[]): FetchCache | null;
  /** Of root fields, as one. */
  root(fetch: CachedFetch): FetchCache | null;
}

export interface CachedFetch {
  readonly subgraph: string;
  readonly document: DocumentNode;
}

/** One `_entities` field of a fetch. */
export interface CachedGroup {
  readonly alias: string;
  readonly set: SelectionSetNode;
  /** Of the objects that are asked for; abstract ones stand for all that implement them. */
  readonly types: readonly string[];
}

/** All of a request that what a subgraph answers may depend on, besides what is asked. */
export interface Asker {
  /** Coerced. */
  readonly variables: Variables;
  /** Names and values of the headers that the subgraph gets because of who asks. */
  readonly told: readonly string[];
  /** Tells this caller from every other; null: nobody does. */
  readonly subject: string | null;
  /** What lifetimes are multiplied with. */
  readonly factor: number;
  /**
   * What is fresh no longer than that is not to be used, nor what is stale: an answer that was is to be made anew. Null:
   * what is kept is used as long as it may be. ms since the epoch.
   */
  readonly newerThan: number | null;
}

/** What is kept of one fetch. */
export interface FetchCache {
  /**
   * Where the values are kept that the subgraph gives for representations, in their order. Null: nowhere.
   * @param alias null: of the root fields, which have one representation, an empty text
   */
  places(asker: Asker, alias: string | null, representations: readonly string[]): readonly (Place | null)[];
  /**
   * Memory first, then all that it does not have with one question. Never rejects.
   * @param patience null: nobody is waited for, and nobody waits for this one
   */
  find(places: readonly (Place | null)[], patience: Patience | null): Promise<Finding>;
  /** To be called before the subgraph is asked. */
  begin(): Beginning;
  /** Keeps what may be kept of a reply. */
  keep(values: readonly FreshValue[], reply: CachedReply): void;
  /**
   * What an answer with a value in it that a subgraph gives now is bound by: that there is nothing is not believed for long.
   * Null: by nothing more than is declared.
   */
  boundOf(place: Place | null, value: Json): UsedBound | null;
  /** Has values made anew that nobody else is about to. `ask` is given their positions; it must not reject. */
  refresh(due: readonly Due[], ask: (due: readonly number[]) => Promise<void>): Promise<void>;
  /** Told of each value that stands in for one that could not be had. */
  servedForError(coordinates: readonly string[]): void;
}

/** Opaque to whoever asks. */
export interface Place {
  readonly key: string;
}

export interface KeptValue {
  /** Whoever gets it may change it. Null: the subgraph has no such entity. */
  readonly value: JsonObject | null;
  /** Whether a string in it may need escapes when it is written as JSON. */
  readonly hasEscapes: boolean;
  readonly ageMs: number;
  /** Older than it is to be. */
  readonly isStale: boolean;
  /** Those of its reply that rules for clients read. One object for all values of a finding that have the same. */
  readonly headers: KeptReplyHeaders;
  /** ms since the epoch, as those after it */
  readonly freshUntil: number;
  readonly revalidateUntil: number;
  readonly errorUntil: number;
  readonly tags: readonly string[];
  /** Kept for whoever asks alone. */
  readonly isPrivate: boolean;
}

/** Of what goes into an answer all that bounds it. Times are ms since the epoch. */
export type UsedBound = Omit<KeptValue, 'value' | 'hasEscapes' | 'headers'>;

/** By lower-case name. */
export type KeptReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** For how long others are waited for who fetch the same. */
export interface Patience {
  /** Of the request, on the monotonic clock, ms: half of what is left is for asking oneself. */
  readonly deadlineAt: number;
  readonly cancel?: Cancellation | undefined;
}

/** What there is at some places. */
export interface Finding {
  /** In the order of the places. */
  readonly found: readonly Found[];
  /** Null: nobody else fetches any of it. */
  readonly others: Others | null;
  /** To be called when what is not there, nor fetched by others, has been asked for: somebody may wait for it. */
  end(): void;
}

/** What others are fetching, here or elsewhere in the fleet. */
export interface Others {
  /** Places that are not to be asked for until they have been waited for, by position. */
  readonly positions: ReadonlySet<number>;
  /** To be called. What there is then at all places, in their order; of what is not there the subgraph has to be asked. Never rejects. */
  wait(): Promise<readonly Found[]>;
  /** To be called when what they did not bring has been asked for. */
  end(): void;
}

/** What there is at a place. */
export interface Found {
  /** To be used instead of asking; null: the subgraph has to be asked. */
  readonly value: KeptValue | null;
  /** The value, where it is to be made anew behind the answer. */
  readonly due: Due | null;
  /** To be used where asking fails. */
  readonly spare: KeptValue | null;
}

/** Taken before a request is sent. */
export interface Beginning {
  /** {@link CacheStore.mark} */
  readonly since: number;
  readonly startedAt: number;
}

export interface FreshValue {
  readonly place: Place | null;
  readonly value: Json;
}

export interface CachedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly extensions: JsonObject | null;
  readonly begun: Beginning;
  /** Whether values are in the order of the one list that the subgraph was asked for. */
  readonly isOneList: boolean;
}
