import type { IntrospectionConfig } from '../../config/identity.ts';
import { GatewayError } from '../../errors.ts';
import type { Caller } from '../../http/caller.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeFailure } from '../../shared/describe-failure.ts';
import { sha256 } from '../../shared/hash.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { TokenIntrospector } from '../ports.ts';
import { invalidCredential } from '../unauthenticated.ts';
import { readAnswer, type Verdict } from './answer.ts';
import { type Ask, askEndpoint } from './endpoint.ts';
import { AnswerMemory } from './memory.ts';
import { NoPlaceError, Places } from './places.ts';
import { cannotBeChecked } from './refusals.ts';

interface IntrospectorOptions {
  readonly config: IntrospectionConfig;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

const QUESTIONS = { places: 32, maxWaiting: 1_000 };

/** After a line about the endpoint, the next one: it must not fill the log with every request. */
const QUIET_MS = 1_000;

/** Asks the authorization server about tokens (RFC 7662). @throws ConfigError for an endpoint with a credential. */
export function createIntrospector(options: IntrospectorOptions): TokenIntrospector {
  return new Introspector(options);
}

class Introspector implements TokenIntrospector {
  readonly #options: IntrospectorOptions;
  readonly #ask: Ask;
  readonly #memory: AnswerMemory;
  readonly #places = new Places(QUESTIONS);
  /** By the hash of the token: whoever presents it while it is asked about waits for the same answer. */
  readonly #running = new Map<string, Promise<Caller>>();
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(options: IntrospectorOptions) {
    this.#options = options;
    this.#ask = askEndpoint(options.config, options.fetch);
    this.#memory = new AnswerMemory(options.config, options.clock);
  }

  known(token: string): Caller | null {
    return this.#memory.accepted(sha256(token));
  }

  async introspect(token: string): Promise<Caller> {
    const key = sha256(token);
    const caller = this.#memory.accepted(key);
    if (caller !== null) return caller;
    const reason = this.#memory.refused(key);
    if (reason !== null) throw invalidCredential({ message: reason });
    const joined = this.#running.get(key);
    if (joined !== undefined) return joined;
    const decision = this.#decide(token, key).finally(() => this.#running.delete(key));
    this.#running.set(key, decision);
    return decision;
  }

  async #decide(token: string, key: string): Promise<Caller> {
    const { metrics } = this.#options;
    let verdict: Verdict;
    try {
      verdict = await this.#question(token);
    } catch (error) {
      return this.#withoutAnswer(key, error);
    }
    metrics.introspection(verdict.accepted ? 'active' : 'inactive');
    if (!verdict.accepted) {
      this.#memory.refuse(key, verdict.reason);
      throw invalidCredential({ message: verdict.reason });
    }
    this.#memory.accept(key, verdict);
    return verdict.caller;
  }

  async #question(token: string): Promise<Verdict> {
    const { config, clock } = this.#options;
    // One time for both, waiting for a place and asking: a request waits for their sum.
    const signal = AbortSignal.timeout(config.timeout);
    const answer = await this.#places.run(signal, () => this.#ask(token, signal));
    return readAnswer(answer, config, clock.now());
  }

  #withoutAnswer(key: string, error: unknown): Caller {
    const { config, metrics } = this.#options;
    const isBusy = error instanceof NoPlaceError;
    metrics.introspection(isBusy ? 'busy' : 'failed');
    this.#tell(error);
    const caller = config.onUnavailable === 'last-known' ? this.#memory.lastKnown(key) : null;
    if (caller === null) throw isBusy ? new GatewayError('OVERLOADED') : cannotBeChecked(error);
    metrics.introspection('last-known');
    return caller;
  }

  #tell(error: unknown): void {
    const { config, clock, logger } = this.#options;
    const now = clock.elapsed();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + QUIET_MS;
    const { host } = new URL(config.endpoint);
    logger.warn({ host, reason: describeFailure(error) }, 'tokens cannot be checked by introspection');
  }
}
