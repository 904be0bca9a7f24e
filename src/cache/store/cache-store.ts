/** What is kept under a key. Times are in ms since the epoch. */
export interface CacheEntry {
  /** Opaque to the store; first the value, then other forms of it. */
  readonly parts: readonly Buffer[];
  readonly storedAt: number;
  readonly freshUntil: number;
  /** Until then it may be served while somebody refreshes it; not before `freshUntil`. */
  readonly revalidateUntil: number;
  /** Until then it may be served where the fresh answer cannot be had; not before `freshUntil`. */
  readonly errorUntil: number;
  /** How long making it took, ms, for early refreshes. */
  readonly costMs: number;
  readonly tags: readonly string[];
  /** {@link CacheStore.mark} from before the value was computed. */
  readonly since: number;
}

/** Leave to make the value of a key, while others wait for it or go on with what they have. */
export interface Lease {
  /**
   * Others have it from then on, and find what was put before.
   * @param keptAt where that is; absent: under the key of the lease
   */
  release(keptAt?: string): void;
}

/** An entry that somebody wants, or else leave to make it. */
export interface Needed {
  readonly key: string;
  /** What was stored then or before is not enough, ms since the epoch. */
  readonly storedAfter: number;
}

/** What is enough for whoever claims. */
export interface ClaimTerms {
  /** Which of an entry's times is to be after `after`. */
  readonly until: 'fresh' | 'revalidated';
  /** ms since the epoch */
  readonly after: number;
  /** Leases end by themselves after this. */
  readonly leaseMs: number;
}

export interface Claimed {
  /** What there is, be it enough or not. */
  readonly entry: CacheEntry | undefined;
  readonly isEnough: boolean;
  /** Null where the entry is enough, or somebody else has the lease. */
  readonly lease: Lease | null;
}

export interface PutOptions {
  /** Another form of what is there already: the rest of the fleet need not have it. */
  readonly memoryOnly?: boolean;
  /** For the rest of the fleet only: whoever puts it has it in a memory of its own. */
  readonly fleetOnly?: boolean;
}

export interface GetOptions {
  /** What memory has is known already: somebody else may have put something newer. */
  readonly pastMemory?: boolean;
  /** Memory is neither asked nor filled: whoever asks has one of its own. */
  readonly fleetOnly?: boolean;
}

/**
 * Memory of this process before what the fleet shares. Invalidations are numbered: an entry is valid while the last
 * invalidation of each of its tags is not after its `since`. So what was computed before an invalidation and is put
 * after it is not served either, and a mark that lags behind costs an entry, never a wrong answer.
 */
export interface CacheStore {
  /** Memory of this process only, at once. Never what was invalidated, or is past all of its times. */
  peek(key: string): CacheEntry | undefined;
  /** Memory, then Redis, all misses in one round trip. Never rejects: what cannot be read is a miss. Fills memory. */
  get(keys: readonly string[], options?: GetOptions): Promise<readonly (CacheEntry | undefined)[]>;
  /**
   * Another number as soon as something that {@link peek} has given may be valid no more: while it stays the same, all
   * that it gave may be served again, within its times. Not a number: nothing may.
   */
  readonly validity: number;
  /** To be named by entries computed from now on. */
  mark(): number;
  /** Whether none of the tags was invalidated after the mark, as far as this process has heard. */
  isValid(tags: readonly string[], since: number): boolean;
  /**
   * Memory at once; Redis off the request path, bounded.
   * @returns whether this process finds it from now on
   */
  put(key: string, entry: CacheEntry, options?: PutOptions): boolean;
  /**
   * From the return on nobody is served what has one of the tags.
   * @returns number of tags
   * @throws RedisError if the fleet could not be told; this process has forgotten it all the same, and goes on trying.
   */
  invalidate(tags: readonly string[]): Promise<number>;
  /**
   * Memory, then Redis; and in the same round trip leases of all that is not there, or not enough. A lease is of one in
   * the fleet at a time; without Redis, or where Redis does not answer, of one in this process. Never rejects.
   * @param all no key twice
   * @returns in their order
   */
  claim(all: readonly Needed[], terms: ClaimTerms): Promise<readonly Claimed[]>;
  /** What memory takes up, with what keeping it costs. */
  readonly bytes: number;
  close(): Promise<void>;
}
