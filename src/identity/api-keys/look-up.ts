import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeFailure } from '../../shared/describe-failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ApiKeyStore } from './api-key-store.ts';
import { idOfKey } from './key-text.ts';
import { type ApiKeyRecord, isKeyOf } from './record.ts';

export interface LookUpParts {
  readonly store: ApiKeyStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

/** Keys being looked up at once. Wrong ones cost a look each, so more of them are turned away. */
const MAX_LOOKUPS = 1_000;

const LOG_EVERY_MS = 1_000;

/** No scheme is registered for API keys; RFC 9110, 15.5.2 wants one in every 401. */
const CHALLENGE: ReadonlyMap<string, string> = new Map([['www-authenticate', 'ApiKey realm="weir"']]);

/**
 * Asks the store for the record of a key.
 * @returns a function that throws GatewayError: UNAUTHENTICATED for a key that is not valid, OVERLOADED when
 * the store cannot say.
 */
export function createLookUp(parts: LookUpParts): (key: string) => Promise<ApiKeyRecord> {
  const { store, clock, logger, metrics } = parts;
  let running = 0;
  let lastLogged = Number.NEGATIVE_INFINITY;

  const find = async (id: string): Promise<ApiKeyRecord | null> => {
    if (running >= MAX_LOOKUPS) throw unavailable(new Error('too many API keys are being looked up'));
    running++;
    try {
      return await store.find(id);
    } catch (cause) {
      metrics?.apiKeyLookedUp('unavailable');
      if (clock.elapsed() - lastLogged >= LOG_EVERY_MS) {
        lastLogged = clock.elapsed();
        logger.warn({ reason: describeFailure(cause) }, 'an API key could not be looked up');
      }
      throw unavailable(cause);
    } finally {
      running--;
    }
  };

  return async key => {
    const id = idOfKey(key);
    if (id === null) throw refused('This is not an API key of this gateway; one begins with "weir_".');
    try {
      const record = checkRecord(key, await find(id), clock.now());
      metrics?.apiKeyLookedUp('ok');
      return record;
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'UNAUTHENTICATED')
        metrics?.apiKeyLookedUp('refused');
      throw error;
    }
  };
}

/** On the wall clock, ms; Infinity for never. */
export function expiryOf({ expiresAt }: ApiKeyRecord): number {
  return expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
}

/** Only who holds the secret learns that there is such a key. */
function checkRecord(key: string, record: ApiKeyRecord | null, now: number): ApiKeyRecord {
  if (!isKeyOf(key, record)) throw refused('The API key is not valid.');
  if (record.revokedAt !== null) throw refused('The API key has been revoked. Ask for a new one.');
  if (now >= expiryOf(record)) throw refused('The API key has expired. Ask for a new one.');
  return record;
}

function refused(message: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', { message, headers: CHALLENGE });
}

/** Not a 401: clients throw a key away for that, and this one may be good. */
function unavailable(cause: unknown): GatewayError {
  return new GatewayError('OVERLOADED', {
    message: 'API keys cannot be checked right now. Try again after the time in Retry-After.',
    cause,
  });
}
