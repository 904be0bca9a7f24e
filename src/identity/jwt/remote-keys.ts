import type { JWSHeaderParameters } from 'jose';
import type { JwtConfig } from '../../config/identity.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeFailure } from '../../shared/describe-failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { CannotCheck } from '../unauthenticated.ts';
import { fetchKeySet } from './fetch-key-set.ts';
import type { Key, Keys } from './keys.ts';

export interface RemoteKeysOptions {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly config: JwtConfig['keySets'];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly fetch: typeof fetch;
}

/** An endpoint that has just failed is left alone this long, whatever asks for keys. */
const PAUSE_MS = 1_000;

/** From this part of `maxAge` on, keys are fetched again while the old ones still serve. */
const REFRESH_AT = 0.8;

/** Keys behind a URL, kept as `identity.jwt.keySets` says. All times are of the monotonic clock. */
export class RemoteKeys implements Keys {
  readonly #options: RemoteKeysOptions;
  #find: Keys['find'] | null = null;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #failing = false;
  /** When a key that nobody knew has last caused a fetch. */
  #missedAt = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | null = null;
  #request = new AbortController();
  #closed = false;

  /** Fetches at once, so that the first token need not wait; a failure stops nothing yet. */
  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    void this.#fetch();
  }

  async find(header: JWSHeaderParameters): Promise<readonly Key[]> {
    await this.#renew();
    const known = await this.#lookUp(header);
    if (known.length > 0) return known;
    // Perhaps the key is new. What is being fetched may have it already, or be from just before.
    await this.#fetching;
    const fetched = await this.#lookUp(header);
    return fetched.length > 0 ? fetched : await this.#findNew(header);
  }

  close(): void {
    this.#closed = true;
    this.#request.abort();
  }

  /** Fetches before keys are too old. Past `maxAge` the new ones are waited for, unless none can be had. */
  async #renew(): Promise<void> {
    const { maxAge } = this.#options.config;
    const age = this.#age();
    if (age < maxAge * REFRESH_AT) return;
    const fetched = this.#fetch();
    if (age > maxAge && !(this.#failing && this.#isUsable())) await fetched;
  }

  /** Keys that anybody can make up cause one fetch in `cooldown`, however many there are. */
  async #findNew(header: JWSHeaderParameters): Promise<readonly Key[]> {
    if (this.#fetching === null) {
      const now = this.#options.clock.elapsed();
      if (now - this.#missedAt < this.#options.config.cooldown) return [];
      this.#missedAt = now;
    }
    await this.#fetch();
    if (!this.#failing) return await this.#lookUp(header);
    // A fetch that failed has not told whether there is such a key, so the next one may ask again.
    this.#missedAt = Number.NEGATIVE_INFINITY;
    throw new CannotCheck('The keys of the issuer cannot be fetched, and this one is new.');
  }

  async #lookUp(header: JWSHeaderParameters): Promise<readonly Key[]> {
    if (this.#find !== null && this.#isUsable()) return await this.#find(header);
    throw new CannotCheck('The keys of the issuer cannot be fetched.');
  }

  #isUsable(): boolean {
    const { maxAge, staleFor } = this.#options.config;
    return this.#age() <= Math.max(maxAge, staleFor);
  }

  #age(): number {
    return this.#options.clock.elapsed() - this.#fetchedAt;
  }

  /** One fetch at a time, for all who need it. Resolves when it has ended, well or not. */
  #fetch(): Promise<void> {
    if (this.#fetching !== null) return this.#fetching;
    const sinceFailure = this.#options.clock.elapsed() - this.#failedAt;
    if (this.#closed || sinceFailure < PAUSE_MS) return Promise.resolve();
    this.#fetching = this.#attempt().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #attempt(): Promise<void> {
    const { jwksUri, fetch, config, clock, metrics } = this.#options;
    const startedAt = clock.elapsed();
    const request = new AbortController();
    this.#request = request;
    const timer = setTimeout(() => request.abort(new Error('there is no answer in time')), config.timeout);
    try {
      this.#find = await fetchKeySet(jwksUri, fetch, request.signal);
      this.#fetchedAt = startedAt;
      metrics.keySetFetched('ok');
      this.#report(null);
    } catch (error) {
      if (this.#closed) return;
      this.#failedAt = clock.elapsed();
      metrics.keySetFetched('failed');
      this.#report(describeFailure(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** A line when it begins to fail, and one when it is over. */
  #report(reason: string | null): void {
    const { issuer, logger } = this.#options;
    const failed = reason !== null;
    if (failed && !this.#failing) logger.warn({ issuer, reason }, 'keys of an issuer cannot be fetched');
    if (!failed && this.#failing) logger.info({ issuer }, 'keys of an issuer can be fetched again');
    this.#failing = failed;
  }
}
