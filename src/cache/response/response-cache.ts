import { createHash } from 'node:crypto';
import type { CacheLookup, Keepable, KeptAnswer } from '../../http/kept-answer.ts';
import type { Clock } from '../../shared/clock.ts';
import { readCacheControl } from '../policy/cache-control-header.ts';
import type { CachePolicy } from '../policy/cache-policy.ts';
import { withHeader } from '../policy/merge-policies.ts';
import type { CacheEntry, CacheStore } from '../store/cache-store.ts';
import { type Restore, readKept, writeFacts } from './kept-form.ts';
import { OURS, takeTurn } from './turns.ts';

/** An operation with all that its answer depends on. */
export interface Cacheable {
  readonly key: string;
  /** Declared. */
  readonly policy: CachePolicy;
  /** Of the answer, once it is there. */
  readonly tagsOf: (data: string) => readonly string[];
}

interface ResponseCacheOptions {
  readonly store: CacheStore;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Share by which lifetimes are shortened at random. */
  readonly jitter: number;
  readonly restore: Restore;
}

/** What replies and kept values leave of a lifetime, and what else an answer is known by. */
interface Limits {
  readonly policy: CachePolicy | null;
  readonly since: number;
  readonly until: number;
  readonly tags: ReadonlySet<string>;
}

/** Tags of kept values; an answer of more is not kept. */
const MOST_TAGS = 1_000;

/** How eager an answer that is asked for often is to be made anew before it is over; 1 is the paper's. */
const EAGERNESS = 1;

/** A refresh that is not over by then is somebody else's to make. */
const LEASE_MS = 30_000;

/** Whole answers, kept as they are sent. */
export class ResponseCache {
  readonly #options: ResponseCacheOptions;
  readonly #refreshing = new Set<string>();

  constructor(options: ResponseCacheOptions) {
    this.#options = options;
  }

  /** At once where this process has it, or else when Redis has answered. */
  look(cacheable: Cacheable): CacheLookup | Promise<CacheLookup> {
    const { store } = this.#options;
    const since = store.mark();
    const known = store.peek(cacheable.key);
    if (known !== undefined) return this.#lookup(cacheable, since, known);
    return store.get([cacheable.key]).then(([entry]) => this.#lookup(cacheable, since, entry));
  }

  #lookup(cacheable: Cacheable, since: number, entry: CacheEntry | undefined): CacheLookup {
    const { store, clock } = this.#options;
    const now = clock.now();
    const kept = entry === undefined ? null : this.#read(cacheable.key, entry);
    const isFresh = entry !== undefined && now < entry.freshUntil;
    const isServed = entry !== undefined && now < entry.revalidateUntil;
    let policy: CachePolicy | null = cacheable.policy;
    let until = Number.POSITIVE_INFINITY;
    const tags = new Set<string>();
    const lookup: CacheLookup = {
      found: isServed || isFresh ? kept : null,
      isStale: !isFresh,
      isDue: entry !== undefined && (isFresh ? this.#isEarly(entry, now) : isServed),
      lastResort: entry !== undefined && now < entry.errorUntil ? kept : null,
      replied(headers) {
        policy = withHeader(policy, readCacheControl(headers['cache-control'], headers['age']));
      },
      used(value) {
        until = Math.min(until, value.freshUntil);
        for (const tag of value.tags) if (tags.size <= MOST_TAGS) tags.add(tag);
      },
      keep: finished => this.#keep(cacheable, { policy, since, until, tags }, finished),
      turn: () => takeTurn(store, cacheable.key, entry => this.#freshIn(cacheable.key, entry)),
      refresh: work => void this.#refresh(cacheable, isFresh, work),
    };
    return lookup;
  }

  /** Once in a while before its time, the likelier the dearer it is to make (Vattani et al., XFetch, VLDB 2015). */
  #isEarly({ costMs, freshUntil }: CacheEntry, now: number): boolean {
    const { random } = this.#options;
    return now - costMs * EAGERNESS * Math.log(1 - random()) >= freshUntil;
  }

  #freshIn(key: string, entry: CacheEntry | undefined): KeptAnswer | null {
    return entry !== undefined && this.#options.clock.now() < entry.freshUntil
      ? this.#read(key, entry)
      : null;
  }

  #read(key: string, entry: CacheEntry): KeptAnswer | null {
    const { store, restore } = this.#options;
    return readKept(entry, {
      restore,
      onGrown: parts => store.put(key, { ...entry, parts }, { memoryOnly: true }),
    });
  }

  #keep(
    { key, policy: declared, tagsOf }: Cacheable,
    { policy, since, until, tags }: Limits,
    { answer, cost, tookMs }: Keepable,
  ): KeptAnswer | null {
    // What a reply makes private would have to be kept under another key.
    if (policy === null || policy.scope !== declared.scope || tags.size > MOST_TAGS) return null;
    const { store, clock, random, jitter } = this.#options;
    const now = clock.now();
    const own = now + Math.max(1, Math.round(policy.maxAgeMs * (1 - jitter * random())));
    const freshUntil = Math.min(own, until);
    if (freshUntil <= now) return null;
    const hash = createHash('sha256').update(answer.bytes).digest('base64url').slice(0, 27);
    const facts = { hash, cost, isPublic: policy.scope === 'PUBLIC', codings: [] };
    const entry: CacheEntry = {
      parts: [writeFacts(facts), answer.bytes],
      storedAt: now,
      freshUntil,
      revalidateUntil: freshUntil + policy.staleWhileRevalidateMs,
      errorUntil: freshUntil + policy.staleIfErrorMs,
      costMs: tookMs,
      tags: [...new Set([...tagsOf(answer.data), ...tags])],
      since,
    };
    store.put(key, entry);
    return this.#read(key, entry);
  }

  async #refresh(
    cacheable: Cacheable,
    isEarly: boolean,
    work: (lookup: CacheLookup) => Promise<unknown>,
  ): Promise<void> {
    const { store } = this.#options;
    const { key } = cacheable;
    if (this.#refreshing.has(key)) return;
    this.#refreshing.add(key);
    try {
      const lease = await store.lease(key, LEASE_MS);
      if (lease === null) return;
      try {
        // Whoever had the lease before may have made it meanwhile.
        const [entry] = await store.get([key], { pastMemory: true });
        if (!isEarly && this.#freshIn(key, entry) !== null) return;
        await work({ ...this.#lookup(cacheable, store.mark(), undefined), turn: async () => OURS });
      } finally {
        lease.release();
      }
    } catch {
      // Who asked has had an answer; what failed is told where it did.
    } finally {
      this.#refreshing.delete(key);
    }
  }
}
