import { setTimeout as sleep } from 'node:timers/promises';
import type { Cancellation } from '../../shared/cancellation.ts';
import type { Clock } from '../../shared/clock.ts';
import type { CacheEntry, CacheStore, ClaimTerms, Lease, Needed } from '../store/cache-store.ts';
import type { Patience } from './fetch-caching.ts';
import type { Hold, Holds } from './holds.ts';

/** Longer than most values take to fetch; who has not done so by then has perhaps gone away. */
const LEASE_MS = 5_000;

/** Another process is waited for so long: it may have ended in the middle. */
const FLEET_MS = 1_000;
const POLL_MS = 15;

export interface ClaimParts {
  readonly store: CacheStore;
  readonly clock: Clock;
  readonly holds: Holds;
}

/** What is fetched here. */
interface Own {
  readonly hold: Hold;
  readonly lease: Lease | null;
}

/** What somebody else may fetch. */
interface Wanted {
  readonly needed: Needed;
  readonly hold: Hold;
}

/** Values that a fetch needs and memory does not have: each of them is fetched once in this process, and once in the fleet. */
export class Claim {
  /** What there is of them, by key, be it enough or not. */
  readonly entries = new Map<string, CacheEntry>();
  readonly #parts: ClaimParts;
  readonly #terms: ClaimTerms;
  readonly #cancel: Cancellation | undefined;
  #own: Own[] = [];
  /** Held by others in this process. */
  #here: Hold[] = [];
  /** By others in the fleet; held here on behalf of this process. */
  #there: Wanted[] = [];
  /** Of those what they did not bring. */
  #leftToUs: Own[] = [];

  /** @param cancel of whoever claims */
  constructor(parts: ClaimParts, terms: Omit<ClaimTerms, 'leaseMs'>, cancel: Cancellation | undefined) {
    this.#parts = parts;
    this.#terms = { ...terms, leaseMs: LEASE_MS };
    this.#cancel = cancel;
  }

  /** Reads what is needed, and claims what is not there. Never rejects. @param all no key twice */
  async take(all: readonly Needed[]): Promise<void> {
    const { holds } = this.#parts;
    const unclaimed: string[] = [];
    const taken: Wanted[] = [];
    for (const needed of all) {
      const others = holds.find(needed.key);
      const hold = others === null ? holds.take(needed.key) : null;
      if (others !== null) this.#here.push(others);
      else if (hold !== null) taken.push({ needed, hold });
      else unclaimed.push(needed.key);
    }
    await Promise.all([this.#claim(taken, this.#own), this.read(unclaimed)]);
  }

  /** Without claiming it. Never rejects. */
  async read(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const read = await this.#parts.store.get(keys, { pastMemory: true });
    for (const [i, key] of keys.entries()) this.#found(key, read[i]);
  }

  /** Keys of what others are fetching. */
  get others(): readonly string[] {
    return [...this.#here.map(({ key }) => key), ...this.#there.map(({ hold }) => hold.key)];
  }

  /** Until they have it, or not for longer than that; `entries` has what they brought. Never rejects. */
  async wait({ deadlineAt }: Patience): Promise<void> {
    const { clock, store } = this.#parts;
    const leftMs = Math.max(0, (deadlineAt - clock.elapsed()) / 2);
    await Promise.all([
      whenAllAreOver(this.#here, leftMs, this.#cancel),
      this.#poll(Math.min(FLEET_MS, leftMs)),
    ]);
    for (const { key } of this.#here) this.#found(key, store.peek(key));
  }

  /** Of all that is claimed others may have at once what is not needed after all. */
  keepOnly(keys: ReadonlySet<string>): void {
    const { holds } = this.#parts;
    const isNeeded = ({ hold }: { readonly hold: Hold }): boolean => keys.has(hold.key);
    const all = [...this.#own, ...this.#there, ...this.#leftToUs];
    this.#own = this.#own.filter(isNeeded);
    this.#there = this.#there.filter(isNeeded);
    this.#leftToUs = this.#leftToUs.filter(isNeeded);
    this.#here = this.#here.filter(({ key }) => keys.has(key));
    for (const one of all) {
      if (isNeeded(one)) continue;
      holds.end(one.hold);
      if ('lease' in one) one.lease?.release();
    }
  }

  /** To be called when what nobody else was fetching is fetched. */
  end(): void {
    this.#endAll(this.#own.splice(0));
  }

  /** To be called when what others did not bring is, or nobody wants it any more. */
  endOthers(): void {
    for (const { hold } of this.#there.splice(0)) this.#parts.holds.end(hold);
    this.#endAll(this.#leftToUs.splice(0));
  }

  #endAll(fetched: readonly Own[]): void {
    const { holds } = this.#parts;
    for (const { hold, lease } of fetched) {
      // Of whoever has left it is not known.
      if (hold.keptAt === null && this.#cancel?.isCancelled !== true) holds.refuse(hold.key);
      holds.end(hold);
      lease?.release(hold.keptAt ?? hold.key);
    }
  }

  /** @param own where those go that nobody else has */
  async #claim(wanted: readonly Wanted[], own: Own[]): Promise<void> {
    if (wanted.length === 0) return;
    const { holds, store } = this.#parts;
    const claimed = await store.claim(
      wanted.map(({ needed }) => needed),
      this.#terms,
    );
    for (const [i, one] of wanted.entries()) {
      const { entry, isEnough = false, lease = null } = claimed[i] ?? {};
      this.#found(one.hold.key, entry);
      if (isEnough) holds.end(one.hold);
      else if (lease === null) this.#there.push(one);
      else own.push({ hold: one.hold, lease });
    }
  }

  async #poll(withinMs: number): Promise<void> {
    const { clock } = this.#parts;
    const until = clock.elapsed() + withinMs;
    for (let slept = 0; this.#there.length > 0 && slept < withinMs; slept += POLL_MS) {
      if (clock.elapsed() >= until || this.#cancel?.isCancelled) break;
      await sleep(POLL_MS);
      const rest = this.#there;
      this.#there = [];
      await this.#claim(rest, this.#leftToUs);
    }
    // It is no worse then to fetch it twice.
    for (const { hold } of this.#there.splice(0)) this.#leftToUs.push({ hold, lease: null });
  }

  #found(key: string, entry: CacheEntry | undefined): void {
    if (entry !== undefined) this.entries.set(key, entry);
  }
}

function whenAllAreOver(
  holds: readonly Hold[],
  withinMs: number,
  cancel: Cancellation | undefined,
): Promise<void> | null {
  const waits = holds.flatMap(({ waiting }) => (waiting === null ? [] : [waiting]));
  if (waits.length === 0) return null;
  return new Promise(done => {
    let left = waits.length;
    const timer = setTimeout(done, withinMs);
    const goOn = (): void => {
      clearTimeout(timer);
      done();
    };
    for (const waiting of waits)
      waiting.push(() => {
        if (--left === 0) goOn();
      });
    cancel?.onCancel(goOn);
  });
}
