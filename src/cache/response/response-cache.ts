import { createHash } from 'node:crypto';
import type { CacheLookup, Keepable, KeptAnswer, Turn } from '../../http/kept-answer.ts';
import type { Clock } from '../../shared/clock.ts';
import { Lru } from '../../shared/lru.ts';
import {
  type Freshness,
  freshnessOf,
  isDueEarly,
  isServed,
  lifetimeOf,
  untilFor,
} from '../freshness/lifetime.ts';
import { Refreshes } from '../freshness/refreshes.ts';
import type { CacheEntry, CacheStore } from '../store/cache-store.ts';
import { AnswerLimits } from './answer-limits.ts';
import { HotAnswers } from './hot-answers.ts';
import { type Restore, readKept, writeFacts } from './kept-form.ts';
import { responseKey } from './response-key.ts';
import { OURS, takeTurn } from './turns.ts';
import { type Cacheable, keyFor, mayBeOwn, type Wanted } from './wanted.ts';

/** An operation, and the one of its keys that counts for the caller. */
interface Looked {
  readonly cacheable: Cacheable;
  readonly key: string;
  readonly since: number;
  /** {@link CacheStore.validity} when it was looked up. */
  readonly validity: number;
}

interface Seen {
  readonly looked: Looked;
  readonly entry: CacheEntry | undefined;
}

/** What was found where an operation may be kept. */
export interface Guessed {
  /** Of all places: to be served, but nothing is to be kept by it. */
  readonly best: CacheLookup;
  /** Once it is known what it is; not looked up again if it is one of the guesses. */
  of(wanted: Wanted): CacheLookup | Promise<CacheLookup>;
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

const MOST_UNKEPT = 10_000;

/** Whole answers, kept as they are sent. */
export class ResponseCache {
  readonly #options: ResponseCacheOptions;
  readonly #refreshes: Refreshes;
  /** Of what was made last and could not be kept: nobody waits for it, as it would be for nothing. */
  readonly #unkept = new Lru<string, true>(MOST_UNKEPT);
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
    const seen = this.#see(this.#placesOf(wanted));
    return seen instanceof Promise ? seen.then(read => this.#best(read)) : this.#warmed(seen);
  }

  /**
   * An operation of which it is not known yet what it is: as many places as it can be kept at, in one round trip.
   * @param guesses at least one
   */
  lookAmong(guesses: readonly Wanted[]): Guessed | Promise<Guessed> {
    for (const guess of guesses) {
      const hot = this.#lookHot(guess);
      if (hot !== null) return { best: hot, of: wanted => this.look(wanted) };
    }
    const seen = this.#see(guesses.flatMap(guess => this.#placesOf(guess)));
    if (seen instanceof Promise) return seen.then(read => this.#guessed(read, this.#best(read)));
    return this.#guessed(seen, this.#warmed(seen));
  }

  #guessed(seen: readonly Seen[], best: CacheLookup): Guessed {
    return {
      best,
      of: wanted => {
        const places = seen.filter(({ looked }) => looked.cacheable.identity === wanted.identity);
        return places.length === 0 ? this.look(wanted) : this.#best(places);
      },
    };
  }

  /** What is the caller's own, where there may be such, and what is everybody's. */
  #placesOf(wanted: Wanted): readonly Looked[] {
    const key = responseKey(wanted.identity);
    const { store } = this.#options;
    const shared = {
      cacheable: { ...wanted, key },
      key,
      since: store.mark(),
      validity: store.validity,
    };
    const own = mayBeOwn(wanted) ? wanted.own.identity() : null;
    return own === null ? [shared] : [{ ...shared, key: responseKey(own) }, shared];
  }

  #see(places: readonly Looked[]): readonly Seen[] | Promise<readonly Seen[]> {
    const { store } = this.#options;
    const known = places.map(looked => ({ looked, entry: store.peek(looked.key) }));
    if (known.some(({ looked, entry }) => entry && isServed(this.#freshness(looked.cacheable, entry))))
      return known;
    const keys = places.map(({ key }) => key);
    return store
      .get(keys, { pastMemory: true })
      .then(read => known.map(({ looked, entry }, index) => ({ looked, entry: read[index] ?? entry })));
  }

  /** Whichever is fresh for longest. */
  #best(seen: readonly Seen[]): CacheLookup {
    const { looked, entry } = freshest(seen);
    return this.#lookup(looked, entry);
  }

  /** The same, of memory: so it may soon be wanted again. */
  #warmed(seen: readonly Seen[]): CacheLookup {
    const { looked, entry } = freshest(seen);
    const lookup = this.#lookup(looked, entry);
    const { cacheable } = looked;
    if (entry === undefined || lookup.found === null || lookup.isStale || mayBeOwn(cacheable)) return lookup;
    const { store, clock } = this.#options;
    const { validity } = store;
    this.#hot.set(cacheable.identity, { entry, kept: lookup.found }, { validity, now: clock.now() });
    return lookup;
  }

  /** Null where there is more to do about it than to serve it. */
  #lookHot(wanted: Wanted): CacheLookup | null {
    if (mayBeOwn(wanted)) return null;
    const { identity, policy } = wanted;
    const { store, clock, random, onReread } = this.#options;
    const now = clock.now();
    const hot = this.#hot.get(identity, store.validity, now);
    if (hot === undefined) return null;
    const { entry, lookup } = hot;
    if (freshnessOf(entry, policy, now) !== 'fresh' || isDueEarly(entry, now, random())) return null;
    onReread();
    return lookup;
  }

  #lookup(looked: Looked, entry: CacheEntry | undefined): CacheLookup {
    const { clock, random } = this.#options;
    const { cacheable, key } = looked;
    const freshness = entry === undefined ? 'over' : this.#freshness(cacheable, entry);
    const kept = entry === undefined || freshness === 'over' ? null : this.#read(looked, entry);
    const isFresh = freshness === 'fresh';
    const limits = new AnswerLimits(cacheable.policy);
    let isKept = false;
    return {
      found: isServed(freshness) ? kept : null,
      isStale: !isFresh,
      isDue:
        freshness === 'revalidated' ||
        (isFresh && entry !== undefined && isDueEarly(entry, clock.now(), random())),
      lastResort: kept,
      replied: limits.replied,
      used: limits.used,
      tagged: limits.tagged,
      keep: finished => {
        const made = this.#keep(looked, limits, finished);
        isKept = made !== null;
        if (isKept) this.#unkept.delete(key);
        return made !== null && this.#isOutdated(made, looked) ? null : made;
      },
      turn: () => this.#turn(looked, () => isKept),
      refresh: work => this.#refresh(looked, entry?.storedAt ?? 0, work),
    };
  }

  /**
   * What was invalidated while it was made nobody finds here; caches on the way are not to have it either. While news
   * cannot come everything that has been invalidated is in doubt, however new it is: nothing can be said then.
   */
  #isOutdated({ tags }: KeptAnswer, { since, validity }: Looked): boolean {
    const { store } = this.#options;
    const now = store.validity;
    return !Number.isNaN(now) && now !== validity && !store.isValid(tags, since);
  }

  async #turn(looked: Looked, isKept: () => boolean): Promise<Turn> {
    const { key, cacheable } = looked;
    if (this.#unkept.get(key)) return OURS;
    const { store, clock } = this.#options;
    const turn = await takeTurn({
      store,
      need: () => {
        const now = clock.now();
        return { key, storedAfter: now - cacheable.policy.maxAgeMs, until: 'fresh', after: now };
      },
      freshIn: found => this.#freshIn(looked, found),
    });
    if (turn.kept !== null) return turn;
    const end = (): void => {
      turn.end();
      if (!isKept()) this.#unkept.set(key, true);
    };
    return { kept: null, end };
  }

  #freshness({ policy }: Cacheable, entry: CacheEntry): Freshness {
    return freshnessOf(entry, policy, this.#options.clock.now());
  }

  #freshIn(looked: Looked, entry: CacheEntry | undefined): KeptAnswer | null {
    const isFresh = entry !== undefined && this.#freshness(looked.cacheable, entry) === 'fresh';
    return isFresh ? this.#read(looked, entry) : null;
  }

  #read({ key, cacheable }: Pick<Looked, 'key' | 'cacheable'>, entry: CacheEntry): KeptAnswer | null {
    const { store, restore } = this.#options;
    // The answer is held for as long as it is hot: with more than this it would hold the request and its document.
    const { identity, policy } = cacheable;
    // What is declared by now may be less than what it was kept with.
    return readKept(
      { ...entry, ...untilFor(entry, policy) },
      {
        restore,
        onGrown: parts => {
          // It was weighed without this form.
          this.#hot.delete(identity);
          // It may have been made anew while it was compressed.
          if (store.peek(key)?.storedAt !== entry.storedAt) return;
          store.put(key, { ...entry, parts }, { memoryOnly: true });
        },
      },
    );
  }

  #keep(
    { cacheable, since }: Looked,
    { policy, until, tags }: AnswerLimits,
    { answer, cost, headers, tookMs }: Keepable,
  ): KeptAnswer | null {
    const key = policy === null || tags === null ? null : keyFor(cacheable, policy);
    if (policy === null || tags === null || key === null) return null;
    const { store, clock, random, jitter } = this.#options;
    const now = clock.now();
    const lifetime = lifetimeOf(policy, now, { shortened: jitter * random(), until });
    if (lifetime.freshUntil <= now) return null;
    const hash = createHash('sha256').update(answer.bytes).digest('base64url').slice(0, 27);
    const isPublic = policy.scope === 'PUBLIC';
    const facts = { hash, cost, isPublic, codings: [], ...(headers === null ? {} : { headers }) };
    const entry: CacheEntry = {
      parts: [writeFacts(facts), answer.bytes],
      ...lifetime,
      costMs: tookMs,
      tags: [...new Set([...cacheable.tagsOf(answer.data), ...tags])],
      since,
    };
    store.put(key, entry);
    this.#hot.delete(cacheable.identity);
    return this.#read({ key, cacheable }, entry);
  }

  #refresh(looked: Looked, storedAt: number, work: (lookup: CacheLookup) => Promise<unknown>): void {
    const { store } = this.#options;
    const makeAnew = async (): Promise<void> => {
      const fresh = { ...looked, since: store.mark(), validity: store.validity };
      const anew = this.#lookup(fresh, undefined);
      await work({ ...anew, turn: async () => OURS });
    };
    // Who asked has had an answer; what failed is told where it did.
    this.#refreshes.run([{ key: looked.key, storedAt }], makeAnew).catch(() => {});
  }
}

function freshest(seen: readonly Seen[]): Seen {
  return seen.reduce((best, one) =>
    (one.entry?.freshUntil ?? 0) > (best.entry?.freshUntil ?? 0) ? one : best,
  );
}
