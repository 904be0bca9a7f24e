import type { Clock } from '../../shared/clock.ts';
import { Lru } from '../../shared/lru.ts';
import { PassingMap } from '../../shared/passing-map.ts';

/** Values that one process fetches at the same time so that others wait for them; what is beyond everybody fetches. */
const MOST = 10_000;

/** Whoever never says that he is done is waited for no more. */
const FORGOTTEN_MS = 60_000;

/** Of what was fetched last and could not be kept. */
const MOST_UNKEPT = 10_000;

/** A value that somebody in this process fetches, or waits for on behalf of all. */
export interface Hold {
  readonly key: string;
  /** On the monotonic clock, ms. */
  readonly until: number;
  /** Null: it is over. Called when it is. */
  waiting: (() => void)[] | null;
  /** Under which key what was fetched is kept; null: it is not. */
  keptAt: string | null;
}

/** Who in this process fetches what nobody has. */
export class Holds {
  readonly #clock: Clock;
  readonly #held = new PassingMap<string, Hold>();
  readonly #unkept = new Lru<string, true>(MOST_UNKEPT);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Somebody else's, who is waited for; null: nobody else's, or nobody is to wait for it, as it would be for nothing. */
  find(key: string): Hold | null {
    const held = this.#held.get(key);
    return held !== undefined && held.until > this.#clock.elapsed() ? held : null;
  }

  /** From now on others find it. Null: they are not to. */
  take(key: string): Hold | null {
    if (this.#unkept.get(key) || this.#held.size >= MOST) return null;
    const hold: Hold = { key, until: this.#clock.elapsed() + FORGOTTEN_MS, waiting: [], keptAt: null };
    this.#held.set(key, hold);
    return hold;
  }

  /** What was fetched for a key is kept, under that one or another. */
  kept(key: string, keptAt: string): void {
    if (this.#unkept.size > 0) this.#unkept.delete(key);
    const held = this.#held.get(key);
    if (held !== undefined) held.keptAt = keptAt;
  }

  /** Lets go of it, and lets those go on who wait. */
  end(hold: Hold): void {
    const { key, waiting } = hold;
    hold.waiting = null;
    if (this.#held.get(key) === hold) this.#held.delete(key);
    for (const goOn of waiting ?? []) goOn();
  }

  /** What was fetched could not be kept: as long as that is so nobody waits for it. */
  refuse(key: string): void {
    this.#unkept.set(key, true);
  }
}
