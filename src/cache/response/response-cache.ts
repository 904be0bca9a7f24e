import { createHash } from 'node:crypto';
import type { CacheLookup, Keepable, KeptAnswer } from '../../http/kept-answer.ts';
import type { Clock } from '../../shared/clock.ts';
import { type Freshness, freshnessOf, isDueEarly, isServed, lifetimeOf } from '../freshness/lifetime.ts';
import { Refreshes } from '../freshness/refreshes.ts';
import { policyOfReply } from '../policy/cache-control-header.ts';
import type { CachePolicy } from '../policy/cache-policy.ts';
import { withHeader } from '../policy/merge-policies.ts';
import type { CacheEntry, CacheStore } from '../store/cache-store.ts';
import { HotAnswers } from './hot-answers.ts';
import { type Restore, readKept, writeFacts } from './kept-form.ts';
import { responseKey } from './response-key.ts';
import { OURS, takeTurn } from './turns.ts';

/** An operation of a caller. */
export interface Wanted {
  /** All that its answer depends on; see `writeIdentity`. */
  readonly identity: string;
  /** Declared. */
  readonly policy: CachePolicy;
  /** Of the answer, once it is there. */
  readonly tagsOf: (data: string) => readonly string[];
}

interface Cacheable extends Wanted {
  readonly key: string;
}

interface ResponseCacheOptions {
  readonly store: CacheStore;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Share by which lifetimes are shortened at random. */
  readonly jitter: number;
  readonly restore: Restore;
  /** Bound on answers that are kept as they are served, beside the store. */
  readonly hotBytes: number;
  /** Told of each of these that is served: a read from memory, too. */
  readonly onReread: () => void;
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

/** Whole answers, kept as they are sent. */
export class ResponseCache {
  readonly #options: ResponseCacheOptions;
  readonly #refreshes: Refreshes;
  readonly #hot: HotAnswers;

  constructor(options: ResponseCacheOptions) {
    this.#options = options;
    this.#refreshes = new Refreshes(options.store);
    this.#hot = new HotAnswers(options.hotBytes);
  }

  /** At once where this process has one to serve, or else when Redis has answered. */
  look(wanted: Wanted): CacheLookup | Promise<CacheLookup> {
    const hot = this.#lookHot(wanted);
    if (hot !== null) return hot;
    const { store } = this.#options;
    const key = responseKey(wanted.identity);
    const cacheable = { ...wanted, key };
    const since = store.mark();
    const known = store.peek(key);
    if (known !== undefined && isServed(this.#freshness(cacheable, known))) {
      const lookup = this.#lookup(cacheable, since, known);
      this.#warm(wanted, lookup, known);
      return lookup;
    }
    return store
      .get([key], { pastMemory: true })
      .then(([entry = known]) => this.#lookup(cacheable, since, entry));
  }

  /** Null where there is more to do about it than to serve it. */
  #lookHot({ identity, policy }: Wanted): CacheLookup | null {
    const { store, clock, random, onReread } = this.#options;
    const now = clock.now();
    const hot = this.#hot.get(identity, store.validity, now);
    if (hot === undefined) return null;
    const { entry, lookup } = hot;
    if (freshnessOf(entry, policy, now) !== 'fresh' || isDueEarly(entry, now, random())) return null;
    onReread();
    return lookup;
  }

  #warm({ identity }: Wanted, { found, isStale }: CacheLookup, entry: CacheEntry): void {
    const { store, clock } = this.#options;
    if (found === null || isStale) return;
    this.#hot.set(identity, { entry, kept: found }, { validity: store.validity, now: clock.now() });
  }

  #lookup(cacheable: Cacheable, since: number, entry: CacheEntry | undefined): CacheLookup {
    const { store, clock, random } = this.#options;
    const freshness = entry === undefined ? 'over' : this.#freshness(cacheable, entry);
    const kept = entry === undefined || freshness === 'over' ? null : this.#read(cacheable.key, entry);
    const isFresh = freshness === 'fresh';
    let policy: CachePolicy | null = cacheable.policy;
    let until = Number.POSITIVE_INFINITY;
    const tags = new Set<string>();
    return {
      found: isServed(freshness) ? kept : null,
      isStale: !isFresh,
      isDue:
        freshness === 'revalidated' ||
        (isFresh && entry !== undefined && isDueEarly(entry, clock.now(), random())),
      lastResort: kept,
      replied(headers) {
        policy = withHeader(policy, policyOfReply(headers));
      },
      used(value) {
        until = Math.min(until, value.freshUntil);
        for (const tag of value.tags) if (tags.size <= MOST_TAGS) tags.add(tag);
      },
      keep: finished => this.#keep(cacheable, { policy, since, until, tags }, finished),
      turn: () => takeTurn(store, cacheable.key, found => this.#freshIn(cacheable, found)),
      refresh: work => this.#refresh(cacheable, entry?.storedAt ?? 0, work),
    };
  }

  #freshness({ policy }: Cacheable, entry: CacheEntry): Freshness {
    return freshnessOf(entry, policy, this.#options.clock.now());
  }

  #freshIn(cacheable: Cacheable, entry: CacheEntry | undefined): KeptAnswer | null {
    const isFresh = entry !== undefined && this.#freshness(cacheable, entry) === 'fresh';
    return isFresh ? this.#read(cacheable.key, entry) : null;
  }

  #read(key: string, entry: CacheEntry): KeptAnswer | null {
    const { store, restore } = this.#options;
    return readKept(entry, {
      restore,
      onGrown: parts => store.put(key, { ...entry, parts }, { memoryOnly: true }),
    });
  }

  #keep(
    { key, identity, policy: declared, tagsOf }: Cacheable,
    { policy, since, until, tags }: Limits,
    { answer, cost, tookMs }: Keepable,
  ): KeptAnswer | null {
    // What a reply makes private would have to be kept under another key.
    if (policy === null || policy.scope !== declared.scope || tags.size > MOST_TAGS) return null;
    const { store, clock, random, jitter } = this.#options;
    const now = clock.now();
    const lifetime = lifetimeOf(policy, now, { shortened: jitter * random(), until });
    if (lifetime.freshUntil <= now) return null;
    const hash = createHash('sha256').update(answer.bytes).digest('base64url').slice(0, 27);
    const facts = { hash, cost, isPublic: policy.scope === 'PUBLIC', codings: [] };
    const entry: CacheEntry = {
      parts: [writeFacts(facts), answer.bytes],
      ...lifetime,
      costMs: tookMs,
      tags: [...new Set([...tagsOf(answer.data), ...tags])],
      since,
    };
    store.put(key, entry);
    this.#hot.delete(identity);
    return this.#read(key, entry);
  }

  #refresh(cacheable: Cacheable, storedAt: number, work: (lookup: CacheLookup) => Promise<unknown>): void {
    const { store } = this.#options;
    const makeAnew = async (): Promise<void> => {
      await work({ ...this.#lookup(cacheable, store.mark(), undefined), turn: async () => OURS });
    };
    // Who asked has had an answer; what failed is told where it did.
    this.#refreshes.run([{ key: cacheable.key, storedAt }], makeAnew).catch(() => {});
  }
}
