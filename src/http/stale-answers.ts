import type { Clock } from '../shared/clock.ts';
import { Lru } from '../shared/lru.ts';
import type { Answer } from './answer.ts';
import type { KeptAnswer } from './kept-answer.ts';

interface Made {
  readonly ageMs: number;
  readonly answer: Answer;
}

/** Of an answer beside its bytes. */
const OVERHEAD_BYTES = 1_024;

/** Its bytes, and compressed forms of them. */
const MOST_FORMS = 3;

interface StaleAnswersOptions {
  readonly clock: Clock;
  readonly maxBytes: number;
}

/** What `extensions.cache` says of an answer with something in it that is older than it is to be. */
export function staleness(ageMs: number): { readonly state: 'STALE'; readonly ageMs: number } {
  return { state: 'STALE', ageMs: Math.round(ageMs) };
}

/**
 * Kept answers that say of themselves that they are stale. By whole seconds, so that however many ask for one in a second
 * it is written and compressed once: they do so just when its subgraphs are slow, or gone.
 */
export class StaleAnswers {
  readonly #clock: Clock;
  readonly #made: Lru<string, Made>;

  constructor({ clock, maxBytes }: StaleAnswersOptions) {
    this.#clock = clock;
    this.#made = new Lru(maxBytes);
  }

  of({ answer, hash, storedAt }: KeptAnswer): Answer {
    const ageMs = Math.floor((this.#clock.now() - storedAt) / 1_000) * 1_000;
    const key = `${hash} ${storedAt}`;
    const known = this.#made.get(key);
    if (known?.ageMs === ageMs) return known.answer;
    const made = { ageMs, answer: answer.beside(JSON.stringify({ cache: staleness(ageMs) })) };
    this.#made.set(key, made, made.answer.bytes.length * MOST_FORMS + OVERHEAD_BYTES);
    return made.answer;
  }
}
