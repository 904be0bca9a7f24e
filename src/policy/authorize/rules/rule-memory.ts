import type { Outcome } from './outcome.ts';
import type { LeafPlan } from './rule-plan.ts';

export interface RuleMemoryOptions {
  /** Told of every rule that threw, took too long, or looked at what it said it does not. */
  readonly onFailure: (ruleName: string, error: unknown) => void;
  /** Shows clients what a rule threw; for development (shield's `debug`). */
  readonly showFailures?: boolean;
  /** Until the request's deadline; absent: there is none. */
  readonly timeLeftMs?: (() => number) | undefined;
}

/** What a result holds for: one rule, one parent (or a stand-in where any parent will do), one key. */
export interface ResultPlace {
  readonly leaf: LeafPlan;
  readonly scope: object;
  readonly key: unknown;
}

/** Entities of one answer are many, and a rule may be asked about each. */
const MAX_RESULTS = 10_000;

const NO_DEADLINE = (): number => Number.POSITIVE_INFINITY;

/** What rules said in one request. Never shared between requests: results depend on the caller. */
export class RuleMemory {
  readonly onFailure: (ruleName: string, error: unknown) => void;
  readonly showFailures: boolean;
  readonly timeLeftMs: () => number;
  /** Rules that took too long once: not asked again, so that a request waits for each only once. */
  readonly hanging = new Set<LeafPlan>();
  /**
   * By identity: shield itself remembers by the rule's *name*, so that of two rules with one name the second got
   * the first one's answer, which was a real way around authorization. Here equal names are harmless.
   */
  readonly #results = new Map<LeafPlan, WeakMap<object, Map<unknown, Promise<Outcome>>>>();
  #room = MAX_RESULTS;

  constructor({ onFailure, showFailures = false, timeLeftMs = NO_DEADLINE }: RuleMemoryOptions) {
    this.onFailure = onFailure;
    this.showFailures = showFailures;
    this.timeLeftMs = timeLeftMs;
  }

  /** The remembered outcome, finished or not, or what `ask` brings; without room for more it is asked each time. */
  recall({ leaf, scope, key }: ResultPlace, ask: () => Promise<Outcome>): Promise<Outcome> {
    const known = this.#results.get(leaf)?.get(scope)?.get(key);
    if (known !== undefined) return known;
    const asked = ask();
    // A contextual rule takes one place only, and is promised to be asked once.
    if (this.#room <= 0 && leaf.cache !== 'contextual') return asked;
    this.#room--;
    const scopes = this.#results.get(leaf) ?? new WeakMap<object, Map<unknown, Promise<Outcome>>>();
    const keys = scopes.get(scope) ?? new Map<unknown, Promise<Outcome>>();
    this.#results.set(leaf, scopes.set(scope, keys.set(key, asked)));
    return asked;
  }
}
