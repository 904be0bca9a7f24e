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

/** Values that a fetch needs and memory does not have: each of them is fetched once in this process, and once in the fleet. */
export class Claim {
  /** What there is of them, by key, be it enough or not. */
  readonly entries = new Map<string, CacheEntry>();
  readonly #parts: ClaimParts;
  readonly #terms: ClaimTerms;
  #own: Own[] = [];
  /** Held by others in this process. */
  readonly #here: Hold[] = [];
  /** By others in the fleet; held here on behalf of this process. */
  #there: { readonly needed: Needed; readonly hold: Hold }[] = [];
  #isWaiting = false;

  constructor(parts: ClaimParts, terms: Omit<ClaimTerms, 'leaseMs'>) {
    this.#parts = parts;
    this.#terms = { ...terms, leaseMs: LEASE_MS };
  }

  /** Reads what is needed, and claims what is not there. Never rejects. @param all no key twice */
  async take(all: readonly Needed[]): Promise<void> {
    const { holds } = this.#parts;
    const unclaimed: string[] = [];
    const taken: { readonly needed: Needed; readonly hold: Hold }[] = [];
    for (const needed of all) {
      const others = holds.find(needed.key);
      const hold = others === null ? holds.take(needed.key) : null;
      if (others !== null) this.#here.push(others);
      else if (hold !== null) taken.push({ needed, hold });
      else unclaimed.push(needed.key);
    }
    await Promise.all([this.#claim(taken), this.read(unclaimed)]);
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
  async wait({ deadlineAt, cancel }: Patience): Promise<void> {
    this.#isWaiting = true;
    const { clock, store } = this.#parts;
    const leftMs = Math.max(0, (deadlineAt - clock.elapsed()) / 2);
    await Promise.all([
      whenAllAreOver(this.#here, leftMs, cancel),
      this.#poll(Math.min(FLEET_MS, leftMs), cancel),
    ]);
    for (const { key } of this.#here) this.#found(key, store.peek(key));
  }

  /** To be called when what is fetched here is, and again when what others did not bring is. */
  end(): void {
    const { holds, store } = this.#parts;
    // Nobody has wanted to wait for these.
    if (!this.#isWaiting) for (const { hold } of this.#there.splice(0)) holds.end(hold);
    for (const { hold, lease } of this.#own) {
      if (!hold.isKept && store.peek(hold.key) === undefined) holds.refuse(hold.key);
      holds.end(hold);
      lease?.release();
    }
    this.#own = [];
  }

  async #claim(wanted: readonly { readonly needed: Needed; readonly hold: Hold }[]): Promise<void> {
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
      else this.#own.push({ hold: one.hold, lease });
    }
  }

  async #poll(withinMs: number, cancel: Cancellation | undefined): Promise<void> {
    const { clock } = this.#parts;
    const until = clock.elapsed() + withinMs;
    for (let slept = 0; this.#there.length > 0 && slept < withinMs; slept += POLL_MS) {
      if (clock.elapsed() >= until || cancel?.isCancelled) break;
      await sleep(POLL_MS);
      const rest = this.#there;
      this.#there = [];
      await this.#claim(rest);
    }
    // It is no worse then to fetch it twice.
    for (const { hold } of this.#there) this.#own.push({ hold, lease: null });
    this.#there = [];
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
