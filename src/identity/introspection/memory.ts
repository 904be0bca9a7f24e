import type { IntrospectionConfig } from '../../config/identity.ts';
import type { Caller } from '../../http/caller.ts';
import type { Clock } from '../../shared/clock.ts';
import { Lru } from '../../shared/lru.ts';
import type { Accepted } from './answer.ts';

interface Acceptance {
  readonly caller: Caller;
  /** Wall time, ms; infinite when the answer did not say. */
  readonly expiresAt: number;
  /** When the endpoint said so, on the monotonic clock. */
  readonly saidAt: number;
  /** Until when it need not be asked again, on the monotonic clock. */
  readonly freshUntil: number;
}

interface Refusal {
  readonly reason: string;
  readonly until: number;
}

/** A token that is not active hardly becomes so: long enough against repetition, too short to hurt. */
const REFUSED_FOR_MS = 10_000;

/** How long an old answer is used without asking again, lest every request waits for an endpoint that hangs. */
const POSTPONED_FOR_MS = 5_000;

/** Answers by the hash of their token: what is remembered would be of no use to whoever reads the memory. */
export class AnswerMemory {
  readonly #config: IntrospectionConfig;
  readonly #clock: Clock;
  readonly #accepted: Lru<string, Acceptance>;
  /** Apart from the others, so that a flood of bad tokens does not push the good ones out. */
  readonly #refused: Lru<string, Refusal>;

  constructor(config: IntrospectionConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#accepted = new Lru(config.cache);
    this.#refused = new Lru(config.cache);
  }

  accepted(key: string): Caller | null {
    const found = this.#accepted.get(key);
    if (found === undefined || this.#clock.elapsed() >= found.freshUntil) return null;
    return this.#clock.now() < found.expiresAt ? found.caller : null;
  }

  /** Why the token was refused a moment ago. */
  refused(key: string): string | null {
    const found = this.#refused.get(key);
    return found === undefined || this.#clock.elapsed() >= found.until ? null : found.reason;
  }

  accept(key: string, { caller, expiresAt }: Accepted): void {
    const saidAt = this.#clock.elapsed();
    this.#accepted.set(key, { caller, expiresAt, saidAt, freshUntil: saidAt + this.#config.cacheFor });
  }

  refuse(key: string, reason: string): void {
    this.#accepted.delete(key);
    const until = this.#clock.elapsed() + Math.min(REFUSED_FOR_MS, this.#config.cacheFor);
    this.#refused.set(key, { reason, until });
  }

  /** An answer that may stand in while there is none to be had; it need not be asked for again at once. */
  lastKnown(key: string): Caller | null {
    const found = this.#accepted.get(key);
    const now = this.#clock.elapsed();
    if (found === undefined || this.#clock.now() >= found.expiresAt) return null;
    const usableUntil = found.saidAt + this.#config.lastKnownFor;
    if (now >= usableUntil) return null;
    const freshUntil = Math.min(now + POSTPONED_FOR_MS, usableUntil);
    this.#accepted.set(key, { ...found, freshUntil });
    return found.caller;
  }
}
