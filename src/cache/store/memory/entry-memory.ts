import type { CacheEntry } from '../cache-store.ts';
import { encodeEntry, readUntil } from '../entry-codec.ts';
import { type CacheStoreOptions, MAX_LIFETIME_MS } from '../store-options.ts';
import { TagNumbers } from '../tag-numbers.ts';
import { MemoryTier } from './memory-tier.ts';

type MemoryOptions = Pick<CacheStoreOptions, 'maxBytes' | 'maxEntryBytes' | 'clock' | 'metrics'>;

/** A value and its compressed forms, none of which is larger. */
const MOST_FORMS = 3;

/** What takes more of memory has no place in it, and would push out what it is a form of. */
const LARGEST_PART = 4;

/** The memory of a store, and what it knows of invalidations. */
export class EntryMemory {
  readonly numbers = new TagNumbers();
  readonly #tier: MemoryTier;
  readonly #options: MemoryOptions;

  constructor(options: MemoryOptions) {
    const { maxBytes, clock, metrics } = options;
    this.#options = options;
    this.#tier = new MemoryTier({
      maxBytes,
      clock,
      numbers: this.numbers,
      onEvicted: count => metrics.cacheEvicted(count),
    });
  }

  get bytes(): number {
    return this.#tier.bytes;
  }

  get(key: string): CacheEntry | undefined {
    return this.#tier.get(key);
  }

  /**
   * Keeps an entry with further forms of its value, beside which it may take a few times as much. What would be too large
   * with them stays as it is.
   * @returns whether they are kept
   */
  grow(key: string, entry: CacheEntry): boolean {
    const { maxBytes, maxEntryBytes } = this.#options;
    const bytes = this.encode(entry, Math.min(maxEntryBytes * MOST_FORMS, maxBytes / LARGEST_PART));
    if (typeof bytes === 'string') return false;
    this.fill(key, bytes);
    return true;
  }

  /** @returns the entry's bytes; null when it is not to be kept, which is counted */
  put(key: string, entry: CacheEntry): Buffer | null {
    const bytes = this.encode(entry);
    if (typeof bytes !== 'string') this.fill(key, bytes);
    else if (bytes === 'too-large') this.#tier.delete(key);
    return typeof bytes === 'string' ? null : bytes;
  }

  /** The bytes of an entry, or why it is to be kept nowhere, which is counted. */
  encode(entry: CacheEntry, maxEntryBytes = this.#options.maxEntryBytes): Buffer | 'too-large' | 'outdated' {
    const { clock, metrics } = this.#options;
    const now = clock.now();
    const until = now + MAX_LIFETIME_MS;
    const bytes = encodeEntry({
      ...entry,
      freshUntil: Math.min(entry.freshUntil, until),
      revalidateUntil: Math.min(entry.revalidateUntil, until),
      errorUntil: Math.min(entry.errorUntil, until),
    });
    const isSmall = bytes !== null && bytes.length <= maxEntryBytes;
    if (isSmall && readUntil(bytes) > now && this.numbers.isValid(entry.tags, entry.since)) return bytes;
    const reason = isSmall ? 'outdated' : 'too-large';
    metrics.cacheWrite(reason);
    return reason;
  }

  /** @param bytes of a valid entry; nobody writes into them from now on */
  fill(key: string, bytes: Buffer): void {
    this.#tier.set(key, bytes);
    this.#options.metrics.cacheMemory(this.#tier.bytes);
  }

  clear(): void {
    this.#tier.clear();
    this.#options.metrics.cacheMemory(this.#tier.bytes);
  }
}
