import type { JsonObject } from '../shared/json.ts';
import type { Answer } from './answer.ts';
import type { KeptHeaders } from './answer-headers.ts';

/** An answer with what is told of its being kept. Times are in ms since the epoch. */
export interface KeptAnswer {
  readonly answer: Answer;
  /** Of its bytes, without quotes. */
  readonly hash: string;
  /** Points that it came to when it was made. */
  readonly cost: number;
  /** The same for everybody who gets it from here. */
  readonly isPublic: boolean;
  readonly storedAt: number;
  readonly freshUntil: number;
  /** From `freshUntil` on. */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly tags: readonly string[];
  /** Of subgraphs; null: no rule passes any on. */
  readonly headers: KeptHeaders | null;
}

/** BYPASS: it is of a kind that is not kept. */
export type CacheState = 'HIT' | 'STALE' | 'MISS' | 'BYPASS';

/** What clients and metrics are told of an answer: one with an old part in it is stale. Null: no answers are kept at all. */
export function answerStateOf(progress: {
  readonly cacheState: CacheState | null;
  readonly hasStaleParts: boolean;
}): CacheState | null {
  return progress.hasStaleParts ? 'STALE' : progress.cacheState;
}

/** A finished execution that may be kept. */
export interface Keepable {
  readonly answer: Answer;
  readonly cost: number;
  readonly headers: KeptHeaders | null;
  /** How long making it took, ms. */
  readonly tookMs: number;
}

/** Whose turn it is to make an answer. */
export interface Turn {
  /** What somebody else has made meanwhile; null: it is ours to make. */
  readonly kept: KeptAnswer | null;
  /** To be called when it is made, or cannot be. */
  end(): void;
}

/** A kept value that goes into an answer. Times are in ms since the epoch. */
export interface UsedValue {
  readonly freshUntil: number;
  /** Until then it may be served stale; an answer that it is in, too. */
  readonly revalidateUntil: number;
  readonly errorUntil: number;
  readonly tags: readonly string[];
  /** Kept for this caller alone, so the answer is, too. */
  readonly isPrivate: boolean;
}

/** Whose reply it is. */
export interface ReplySource {
  readonly subgraph: string;
  /** Of HTTP. */
  readonly status: number;
  /** How long it is kept at most by the configuration, ms; null: as long as it says. */
  readonly longestMs: number | null;
}

/** What is known of one operation of one caller before it runs: made between authorization and limits. */
export interface CacheLookup {
  /** To be served instead of running it. */
  readonly found: KeptAnswer | null;
  /** Whether what was found is older than it is to be. */
  readonly isStale: boolean;
  /** Whether it is to be made anew, behind the answer. */
  readonly isDue: boolean;
  /** To be served where running it fails. */
  readonly lastResort: KeptAnswer | null;
  /** Waits for whoever in the fleet makes it already, but not for long. To be called before it is run. */
  turn(): Promise<Turn>;
  /** Told of each reply of a subgraph: of its headers, or of others where it has a status that is not kept. */
  replied(headers: Readonly<Record<string, string | string[] | undefined>>, of: ReplySource): void;
  /** Told of each kept value that goes into the answer, which is no fresher and goes when one of them goes. */
  used(value: UsedValue): void;
  /** Told of the extensions of each reply that has tags in them: the answer has them, too. */
  tagged(extensions: JsonObject): void;
  /** Null: it is not kept after all, or was invalidated while it was made. */
  keep(finished: Keepable): KeptAnswer | null;
  /** Makes it anew unless somebody in the fleet does. The work keeps what it makes; it may fail. */
  refresh(work: (lookup: CacheLookup) => Promise<unknown>): void;
}
