import type { CacheStore } from '../../cache/store/cache-store.ts';
import type { Clock } from '../../shared/clock.ts';
import { Lru } from '../../shared/lru.ts';
import { Pace } from '../../shared/pace.ts';

export interface LastGoodOptions {
  /** Characters that memory holds at most; 0: nothing is kept anywhere. */
  readonly maxWeight: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Says what was invalidated; null: nothing ever is. */
  readonly store: CacheStore | null;
  /** Whether other instances see what is put into the store. */
  readonly isShared: boolean;
}

/** A value that came back just now. */
export interface GoodValue {
  /** Hash of all that a value depends on, the caller as far as the subgraph is told about it included. */
  readonly key: string;
  /** JSON text: what is given again is read anew, so that no answer changes another's. */
  readonly text: string;
  /** For how long it will do, ms. */
  readonly staleMs: number;
  /** {@link CacheStore.mark} from before the subgraph was asked. */
  readonly since: number;
  /** Tags that its reply has said, besides those that can be told of it. */
  readonly said: readonly string[];
}

export interface FoundValue {
  readonly text: string;
  readonly ageMs: number;
}

interface Kept {
  readonly text: string;
  /** On the monotonic clock. */
  readonly at: number;
  readonly since: number;
  readonly said: GoodValue['said'];
  /** Those too; null: not told yet. */
  readonly tags: readonly string[] | null;
  /** When it may be written for others again. */
  readonly dueAt: number;
}

const NONE: readonly string[] = [];

/** What an entry takes besides its text and its tags. */
const ENTRY_WEIGHT = 200;

/**
 * Share of its stale time after which a value is written again, at random between these, so that instances that began
 * together do not write together. Others may have it this much older than it is.
 */
const [EARLIEST, LATEST] = [0.05, 0.15] as const;

const SHORTEST_INTERVAL_MS = 1_000;

/** Values of all fields that are written a second. The rest waits for its next time. */
const WRITES_PER_SECOND = 200;

/** What others do not have is not asked for again at once: while a subgraph is down every request would. */
const MISSED_FOR_MS = 1_000;
const MAX_MISSED = 10_000;

/** Of one fetch; more are as if nobody had them. */
const MAX_READ = 1_000;

/**
 * The last good values of fields that may answer with one while their subgraph fails: in memory, and behind it in a store
 * that instances share, which is written to now and then and read only where memory has none.
 */
export class LastGood {
  readonly #options: LastGoodOptions;
  readonly #values: Lru<string, Kept>;
  readonly #missed = new Lru<string, number>(MAX_MISSED);
  readonly #pace = new Pace(WRITES_PER_SECOND);
  readonly #shared: CacheStore | null;

  constructor(options: LastGoodOptions) {
    const { maxWeight, store, isShared } = options;
    this.#options = options;
    this.#values = new Lru(maxWeight);
    this.#shared = isShared && maxWeight > 0 ? store : null;
  }

  /** Whether others may have what memory has not. */
  get isShared(): boolean {
    return this.#shared !== null;
  }

  /** {@link CacheStore.mark}; null where nothing is ever invalidated. */
  get mark(): (() => number) | null {
    return this.#options.store?.mark ?? null;
  }

  /** @param tagsOf is asked only when the value is to be written for others */
  keep({ key, text, staleMs, since, said }: GoodValue, tagsOf: () => readonly string[]): void {
    const at = this.#options.clock.elapsed();
    const known = this.#values.get(key);
    const tags = known?.text === text && areEqual(known.said, said) ? known.tags : null;
    const dueAt = known?.dueAt ?? Number.NEGATIVE_INFINITY;
    const kept: Kept = { text, at, since, said, tags, dueAt };
    const isDue = this.#isDue(kept);
    this.#set(key, isDue ? this.#write({ key, kept, staleMs }, tags ?? both(tagsOf(), said)) : kept);
  }

  /** A value of memory that is not older than that. @param tagsOf tells the tags of a text */
  find(key: string, maxAgeMs: number, tagsOf: (text: string) => readonly string[]): FoundValue | null {
    const { clock, store } = this.#options;
    const kept = this.#values.get(key);
    if (kept === undefined) return null;
    const ageMs = clock.elapsed() - kept.at;
    if (ageMs > maxAgeMs) return null;
    const tags = (): readonly string[] => kept.tags ?? both(tagsOf(kept.text), kept.said);
    if (store !== null && !store.isValid(tags(), kept.since)) return null;
    return { text: kept.text, ageMs };
  }

  /** What others have kept, by key, and memory has from now on. Never rejects: what cannot be read is not there. */
  async read(wanted: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, FoundValue>> {
    const found = new Map<string, FoundValue>();
    if (this.#shared === null) return found;
    const { clock } = this.#options;
    const began = clock.elapsed();
    const keys = [...wanted.keys()].filter(key => this.#mayBeThere(key, began)).slice(0, MAX_READ);
    if (keys.length === 0) return found;
    const entries = await this.#shared.get(keys.map(storedKey), { fleetOnly: true });
    const [now, at] = [clock.now(), clock.elapsed()];
    for (const [position, key] of keys.entries()) {
      const entry = entries[position];
      const text = entry?.parts[0]?.toString('utf8');
      if (entry === undefined || text === undefined || !isJson(text)) {
        this.#missed.set(key, at + MISSED_FOR_MS);
        continue;
      }
      const ageMs = Math.max(0, now - entry.storedAt);
      const maxAgeMs = wanted.get(key) ?? 0;
      if (ageMs > maxAgeMs) continue;
      found.set(key, { text, ageMs });
      const { tags, since } = entry;
      const dueAt = at + this.#interval(maxAgeMs);
      this.#set(key, { text, at: at - ageMs, since, said: NONE, tags, dueAt });
    }
    return found;
  }

  #isDue({ since, dueAt, at }: Kept): boolean {
    // Without a mark it would be valid for nobody.
    return this.#shared !== null && since > 0 && at >= dueAt && this.#pace.take(at);
  }

  #write(
    { key, kept, staleMs }: { readonly key: string; readonly kept: Kept; readonly staleMs: number },
    tags: readonly string[],
  ): Kept {
    const now = this.#options.clock.now();
    const times = { storedAt: now, freshUntil: now, revalidateUntil: now, errorUntil: now + staleMs };
    const parts = [Buffer.from(kept.text)];
    const entry = { ...times, parts, costMs: 0, tags, since: kept.since };
    this.#shared?.put(storedKey(key), entry, { fleetOnly: true });
    return { ...kept, tags, dueAt: kept.at + this.#interval(staleMs) };
  }

  #set(key: string, kept: Kept): void {
    let weight = ENTRY_WEIGHT + kept.text.length;
    for (const tag of kept.tags ?? kept.said) weight += tag.length;
    this.#values.set(key, kept, weight);
  }

  #interval(staleMs: number): number {
    const share = EARLIEST + this.#options.random() * (LATEST - EARLIEST);
    return Math.max(SHORTEST_INTERVAL_MS, staleMs * share);
  }

  #mayBeThere(key: string, now: number): boolean {
    return now >= (this.#missed.get(key) ?? Number.NEGATIVE_INFINITY);
  }
}

function both(told: readonly string[], said: readonly string[]): readonly string[] {
  return said.length === 0 ? told : [...new Set([...told, ...said])];
}

function areEqual(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((tag, index) => tag === other[index]));
}

/** Apart from whatever else is in the store. */
function storedKey(key: string): string {
  return `last-good/${key}`;
}

/** Whatever its checksum says, it was written by another process. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
