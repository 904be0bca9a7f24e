import type { CacheLookup, KeptAnswer } from '../../http/kept-answer.ts';
import { Lru } from '../../shared/lru.ts';
import type { CacheEntry } from '../store/cache-store.ts';
import { OURS } from './turns.ts';

/** An answer as memory had it a moment ago. */
export interface HotAnswer {
  readonly entry: CacheEntry;
  /** Says that it is served as it is, and nothing else done about it. */
  readonly lookup: CacheLookup;
}

interface Held extends HotAnswer {
  readonly validity: number;
  readonly readAt: number;
}

/** Read again from the store so often: what it evicts goes by whether it was read. */
const REREAD_MS = 1_000;

/** Of an answer beside its bytes. */
const OVERHEAD_BYTES = 2_048;

/**
 * Answers that many want at the time, each by all that it depends on, as it is: to write that down and look it up costs
 * less than to hash it, and a HIT then neither copies nor decodes what it serves.
 */
export class HotAnswers {
  readonly #held: Lru<string, Held>;

  constructor(maxBytes: number) {
    this.#held = new Lru(maxBytes);
  }

  /** @param validity of the store; see {@link CacheStore.validity} */
  get(identity: string, validity: number, now: number): HotAnswer | undefined {
    const held = this.#held.get(identity);
    if (held === undefined) return undefined;
    if (held.validity === validity && now < held.readAt + REREAD_MS) return held;
    this.delete(identity);
    return undefined;
  }

  set(
    identity: string,
    { entry, kept }: { readonly entry: CacheEntry; readonly kept: KeptAnswer },
    { validity, now }: { readonly validity: number; readonly now: number },
  ): void {
    const bytes = entry.parts.reduce((sum, part) => sum + part.length, 0);
    const held = { entry, lookup: servedAs(kept), validity, readAt: now };
    this.#held.set(identity, held, bytes + identity.length * 2 + OVERHEAD_BYTES);
  }

  delete(identity: string): void {
    this.#held.delete(identity);
  }
}

/** Nothing is made, so nobody waits, and nothing is kept. */
function servedAs(kept: KeptAnswer): CacheLookup {
  return Object.freeze({
    found: kept,
    isStale: false,
    isDue: false,
    lastResort: kept,
    turn: async () => OURS,
    replied() {},
    used() {},
    tagged() {},
    keep: () => null,
    refresh() {},
  });
}
