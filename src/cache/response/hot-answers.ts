import type { CacheLookup, KeptAnswer } from '../../http/kept-answer.ts';
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
  readonly weight: number;
}

/** Read again from the store so often: what it evicts goes by whether it was read. */
const REREAD_MS = 1_000;

/** Of an answer beside its bytes. */
const OVERHEAD_BYTES = 2_048;

/**
 * Answers that many want at the time, each by all that it depends on, as it is: to write that down and look it up costs
 * less than to hash it, and a HIT then neither copies nor decodes what it serves. Bounded by bytes; whatever was read
 * longest ago goes first.
 */
export class HotAnswers {
  readonly #held = new Map<string, Held>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
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
    this.delete(identity);
    const bytes = entry.parts.reduce((sum, part) => sum + part.length, 0);
    const weight = bytes + identity.length * 2 + OVERHEAD_BYTES;
    if (weight > this.#maxBytes) return;
    this.#held.set(identity, { entry, lookup: servedAs(kept), validity, readAt: now, weight });
    this.#bytes += weight;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(identity: string): void {
    this.#bytes -= this.#held.get(identity)?.weight ?? 0;
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
    keep: () => null,
    refresh() {},
  });
}
