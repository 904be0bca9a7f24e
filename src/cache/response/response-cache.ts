import { createHash } from 'node:crypto';
import type { CacheLookup, Keepable, KeptAnswer, Turn } from '../../http/kept-answer.ts';
import type { Clock } from '../../shared/clock.ts';
import { Lru } from '../../shared/lru.ts';
import { readReplyTags } from '../entities/reply-tags.ts';
import {
  type Freshness,
  freshnessOf,
  isDueEarly,
  isServed,
  lifetimeOf,
  soonest,
  type Until,
  WITHOUT_END,
} from '../freshness/lifetime.ts';
import { Refreshes } from '../freshness/refreshes.ts';
import { policyOfReply } from '../policy/cache-control-header.ts';
import type { CachePolicy } from '../policy/cache-policy.ts';
import { withHeader } from '../policy/merge-policies.ts';
import type { Privacy } from '../policy/privacy.ts';
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
  /** Where it is kept if it is declared to be everybody's, and replies make it this caller's. Null: nowhere. */
  readonly own: { readonly privacy: Privacy; identity(): string | null } | null;
}

/** An operation, and the one of its keys that counts for the caller. */
interface Looked {
  readonly cacheable: Cacheable;
  readonly key: string;
  readonly since: number;
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
  readonly until: Until;
  readonly tags: ReadonlySet<string>;
}

const MOST_UNKEPT = 10_000;

/** Tags of kept values; an answer of more is not kept. */
const MOST_TAGS = 1_000;

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
    const { identity, own } = wanted;
    const ownIdentity = own?.privacy.isSeen === true ? own.identity() : null;
    const hot = ownIdentity === null ? this.#lookHot(wanted) : null;
    if (hot !== null) return hot;
    const { store } = this.#options;
    const key = responseKey(identity);
    const cacheable = { ...wanted, key };
    const since = store.mark();
    if (ownIdentity !== null) return this.#lookAtBoth({ cacheable, key: responseKey(ownIdentity), since });
    const looked = { cacheable, key, since };
    const known = store.peek(key);
    if (known !== undefined && isServed(this.#freshness(cacheable, known))) {
      const lookup = this.#lookup(looked, known);
      this.#warm(wanted, lookup, known);
      return lookup;
    }
    return store.get([key], { pastMemory: true }).then(([entry = known]) => this.#lookup(looked, entry));
  }

  /** What is the caller's own and what is everybody's: whichever is fresh for longer. */
  #lookAtBoth(own: Looked): CacheLookup | Promise<CacheLookup> {
    const { store } = this.#options;
    const { cacheable } = own;
    const places = [own, { ...own, key: cacheable.key }] as const;
    const choose = (entries: readonly (CacheEntry | undefined)[]): CacheLookup => {
      const isOwn = (entries[0]?.freshUntil ?? 0) >= (entries[1]?.freshUntil ?? 0);
      return this.#lookup(places[isOwn ? 0 : 1], entries[isOwn ? 0 : 1]);
    };
    const known = places.map(({ key }) => store.peek(key));
    if (known.some(entry => entry !== undefined && isServed(this.#freshness(cacheable, entry))))
      return choose(known);
    const keys = places.map(({ key }) => key);
    return store
      .get(keys, { pastMemory: true })
      .then(read => choose(known.map((entry, i) => read[i] ?? entry)));
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

  #lookup(looked: Looked, entry: CacheEntry | undefined): CacheLookup {
    const { clock, random } = this.#options;
    const { cacheable, key, since } = looked;
    const freshness = entry === undefined ? 'over' : this.#freshness(cacheable, entry);
    const kept = entry === undefined || freshness === 'over' ? null : this.#read(looked, entry);
    const isFresh = freshness === 'fresh';
    let policy: CachePolicy | null = cacheable.policy;
    let until = WITHOUT_END;
    const tags = new Set<string>();
    let isKept = false;
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
        until = soonest(until, value);
        if (value.isPrivate) policy = policy && { ...policy, scope: 'PRIVATE' };
        for (const tag of value.tags) if (tags.size <= MOST_TAGS) tags.add(tag);
      },
      tagged(extensions) {
        // Of which entity a tag is does not matter: the answer has them all. What cannot be read may be any.
        const ofReply = readReplyTags(extensions, -1);
        if (ofReply === null) policy = null;
        else for (const tag of ofReply(0)) if (tags.size <= MOST_TAGS) tags.add(tag);
      },
      keep: finished => {
        const made = this.#keep(cacheable, { policy, since, until, tags }, finished);
        isKept = made !== null;
        if (isKept) this.#unkept.delete(key);
        return made;
      },
      turn: () => this.#turn(looked, () => isKept),
      refresh: work => this.#refresh(looked, entry?.storedAt ?? 0, work),
    };
  }

  async #turn(looked: Looked, isKept: () => boolean): Promise<Turn> {
    const { key } = looked;
    if (this.#unkept.get(key)) return OURS;
    const turn = await takeTurn(this.#options.store, key, found => this.#freshIn(looked, found));
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
    const { identity } = cacheable;
    return readKept(entry, {
      restore,
      onGrown: parts => {
        // It was weighed without this form.
        this.#hot.delete(identity);
        // It may have been made anew while it was compressed.
        if (store.peek(key)?.storedAt !== entry.storedAt) return;
        store.put(key, { ...entry, parts }, { memoryOnly: true });
      },
    });
  }

  #keep(
    cacheable: Cacheable,
    { policy, since, until, tags }: Limits,
    { answer, cost, headers, tookMs }: Keepable,
  ): KeptAnswer | null {
    const key = policy === null ? null : keyFor(cacheable, policy);
    if (policy === null || key === null || tags.size > MOST_TAGS) return null;
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
      const anew = this.#lookup({ ...looked, since: store.mark() }, undefined);
      await work({ ...anew, turn: async () => OURS });
    };
    // Who asked has had an answer; what failed is told where it did.
    this.#refreshes.run([{ key: looked.key, storedAt }], makeAnew).catch(() => {});
  }
}

/** Null: nowhere. What a reply makes private nobody else may find. */
function keyFor({ key, policy: declared, own }: Cacheable, { scope }: CachePolicy): string | null {
  if (scope === declared.scope) return key;
  if (own === null) return null;
  own.privacy.isSeen = true;
  const identity = own.identity();
  return identity === null ? null : responseKey(identity);
}
