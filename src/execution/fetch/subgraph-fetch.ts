import type { Buffer } from 'node:buffer';
import type { Cancellation } from '../../shared/cancellation.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { Forwarded } from './forward.ts';

/** One request to a subgraph, as it is told to whoever asked for an explanation. */
export interface FetchRecord {
  readonly subgraph: string;
  /** Absent: none, but the subgraph itself. */
  readonly variant?: string;
  /** HTTP status, the code of the failure, or `cached` where nothing had to be asked. */
  readonly outcome: number | string;
  readonly ms: number;
  /** Characters of request and reply. */
  readonly sent: number;
  readonly received: number;
  /** Coordinates that it was not asked for, as their breakers are open. */
  readonly cut?: readonly string[];
  /** An equal request was in flight, and its reply was taken. */
  readonly shared?: true;
  /** Times it was sent again. */
  readonly retries?: number;
  /** It was sent a second time, as the first took long. */
  readonly hedged?: true;
  /** Present where values may be kept. */
  readonly cache?: CacheCounts;
}

/** Values that a fetch wants: those that were kept, and those that had to be asked for. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
}

/** For whom values are kept. */
export interface Keeping {
  /** Tells this caller from every other, whoever vouches for them; null: nothing private is kept. */
  readonly subject: string | null;
  /** What lifetimes are multiplied with; 0: nothing is kept, nor used of what is. */
  readonly factor: number;
  /** Number of the newest invalidation that is known: what was asked for before it is not joined after it. */
  readonly since: number;
  /** Of an answer that is made anew: kept values have to be fresh for longer than this, ms since the epoch. */
  readonly newerThan?: number;
}

/** By lower-case name. Of a null prototype or not: never look one up by a name that others choose. */
export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface ReplyListener {
  /** @param status of HTTP, below 500 */
  replied(subgraph: string, headers: ReplyHeaders, status: number): void;
  /**
   * The reply that a kept value is of, in the place of another: with those of its headers that were kept, and its age.
   * Absent: no rule passes headers on.
   */
  readonly recalled?: (subgraph: string, headers: ReplyHeaders, ageMs: number) => void;
}

/** Whoever keeps what is made of kept values: it is no fresher than they are, and goes when one of them goes. */
export interface KeptListener {
  /** @param value times are ms since the epoch; one that stood in for an error is over already */
  used(value: {
    readonly freshUntil: number;
    readonly revalidateUntil: number;
    readonly errorUntil: number;
    readonly tags: readonly string[];
    readonly isPrivate: boolean;
    readonly ageMs: number;
    /** Older than it is to be. */
    readonly isStale: boolean;
  }): void;
  /** @param extensions of a reply, as far as there are tags in them */
  tagged(extensions: JsonObject): void;
}

/** What a fetch carries of the request it is made for. */
export interface FetchContext {
  /** When the whole request must be answered, on the monotonic clock, ms. */
  readonly deadlineAt: number;
  readonly requestId: string;
  /** W3C `traceparent` to hand on, or null. */
  readonly traceparent: string | null;
  /** The headers that subgraphs get because of who asks. */
  readonly forwarded: Forwarded;
  /** Filled as fetches end, where somebody wants to be told. */
  readonly records?: FetchRecord[];
  /** Absent: no rule passes headers of replies on. */
  readonly replies?: ReplyListener;
  /** When nobody waits for the answer any more. Absent: it is wanted whatever happens. */
  readonly cancel?: Cancellation | undefined;
  /** Absent: for nobody in particular, as long as is declared. */
  readonly keeping?: Keeping;
  /** Told of each kept value that is used. */
  readonly kept?: KeptListener;
  /** False: somebody else has made the answer, so nothing is to be asked. Absent: it is made here in any case. */
  readonly isOurs?: Promise<boolean>;
}

/** The breakers of a request's fields, as those see them that send it. */
export interface RequestGuard {
  /** Whether all of them are closed, so that the request may be sent, and sent again. */
  isClosed(): boolean;
  /** For `succeeded`. */
  begin(): number;
  /** The reply was sound in all that was asked for. */
  succeeded(startedAt: number): void;
}

export interface SubgraphRequest {
  readonly subgraph: string;
  /** Which of the subgraph's endpoints it is for. Absent: the one under the subgraph's own name. */
  readonly endpoint?: string;
  readonly operationKind: 'query' | 'mutation';
  /** JSON text of the GraphQL request. */
  readonly body: string;
  /** Set where no GraphQL is asked at all, but a path of the endpoint's origin, by GET. */
  readonly path?: string | undefined;
  readonly context: FetchContext;
  /** One object for all requests of one fetch of a plan. */
  readonly fetch?: object;
  /** Absent: nothing of it is guarded. */
  readonly guard?: RequestGuard;
  /** Coordinates of fields that were left out of it, as their breakers are open. */
  readonly cut?: readonly string[];
  /** Of the values that it is for, and their like. */
  readonly cache?: CacheCounts | undefined;
  /** Set by whoever lets it join an equal one in flight: that one tells how it ended. */
  isJoined?: boolean;
  /** Set where others wait for it, or it is one of two: instead of the context's. */
  cancel?: Cancellation;
  /** Set where it is sent again, and where it is sent twice. */
  retries?: number;
  isHedged?: boolean;
}

export function cancellationOf({ cancel, context }: SubgraphRequest): Cancellation | undefined {
  return cancel ?? context.cancel;
}

export const NO_HEADERS: ReplyHeaders = Object.freeze({});

export interface SubgraphReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** UTF-8. Left as bytes, as a reply that is what it was last time is never read. */
  readonly body: Buffer;
}

/**
 * Asks a subgraph. Transport concerns are functions from one of these to another, composed in `engine.ts`.
 * @throws GatewayError with a SUBGRAPH_ code when there is no reply to read.
 */
export type SubgraphFetch = (request: SubgraphRequest) => Promise<SubgraphReply>;
