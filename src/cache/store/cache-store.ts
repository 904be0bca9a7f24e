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

/** Leave to compute the value of a key, while others wait for it or go on with what they have. */
export interface Lease {
  release(): void;
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
  /** Memory at once; Redis off the request path, bounded. */
  put(key: string, entry: CacheEntry, options?: PutOptions): void;
  /**
   * From the return on nobody is served what has one of the tags.
   * @returns number of tags
   * @throws RedisError if the fleet could not be told; this process has forgotten it all the same, and goes on trying.
   */
  invalidate(tags: readonly string[]): Promise<number>;
  /** Null: somebody else has it. Without Redis, or when Redis does not answer: granted per process. */
  lease(key: string, ms: number): Promise<Lease | null>;
  /** What memory takes up, with what keeping it costs. */
  readonly bytes: number;
  close(): Promise<void>;
}
