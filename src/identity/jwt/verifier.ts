import { hash } from 'node:crypto';
import type { JwtConfig, JwtProviderConfig } from '../../config/identity.ts';
import { GatewayError } from '../../errors.ts';
import type { Caller } from '../../http/caller.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeFailure } from '../../shared/describe-failure.ts';
import { InFlight } from '../../shared/in-flight.ts';
import { Lru } from '../../shared/lru.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { createCaller } from '../caller.ts';
import { readClaims } from '../read-claims.ts';
import { CannotCheck, invalidCredential, uncheckedCredential } from '../unauthenticated.ts';
import { type Keys, keysOfFile, keysOfSecret } from './keys.ts';
import { checkHeader, readToken } from './read-token.ts';
import { RemoteKeys } from './remote-keys.ts';
import { verifySignature } from './verify-signature.ts';

export interface JwtVerifier {
  /** The caller of a token verified before, while it is valid; else null. */
  known(token: string): Caller | null;
  /** @throws GatewayError UNAUTHENTICATED */
  verify(token: string): Promise<Caller>;
  close(): void;
}

export interface JwtVerifierOptions {
  readonly config: JwtConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly fetch: typeof fetch;
  /** That `jwksFile` is relative to. */
  readonly folder: string;
}

interface Issuer {
  readonly provider: JwtProviderConfig;
  readonly keys: Keys;
}

interface Verified {
  readonly caller: Caller;
  /** Wall time, ms, the tolerance included. */
  readonly expiresAt: number;
}

/** @throws ConfigError for a `jwksFile` that cannot be used. */
export async function createJwtVerifier(options: JwtVerifierOptions): Promise<JwtVerifier> {
  const { config, clock } = options;
  const issuers = await openIssuers(options);
  const verified = new Lru<string, Verified>(config.cache);
  const running = new InFlight<Caller>();

  const known = (key: string): Caller | null => {
    const found = verified.get(key);
    if (found === undefined) return null;
    if (clock.now() < found.expiresAt) return found.caller;
    verified.delete(key);
    return null;
  };

  const verify = async (token: string, key: string): Promise<Caller> => {
    const found = await verifyToken(token, issuers, options);
    verified.set(key, found);
    return found.caller;
  };

  return {
    known: token => known(keyOf(token)),
    async verify(token) {
      const key = keyOf(token);
      const wish = { key, now: 0, deadlineAt: Number.POSITIVE_INFINITY };
      return known(key) ?? running.join(wish) ?? running.start(wish, () => verify(token, key));
    },
    close() {
      for (const { keys } of issuers.values()) keys.close();
    },
  };
}

/** Of the whole token, signature included: a key from a part of it would let another token in. Costs 1 µs. */
function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}

async function openIssuers(options: JwtVerifierOptions): Promise<ReadonlyMap<string, Issuer>> {
  const { config, folder } = options;
  const issuers = new Map<string, Issuer>();
  // Files first: a broken one stops the start, and then nothing may be left running.
  const providers = config.providers.toSorted(
    (a, b) => Number(a.jwksUri !== undefined) - Number(b.jwksUri !== undefined),
  );
  for (const provider of providers) {
    const { jwksUri, jwksFile, secret } = provider;
    let keys: Keys;
    if (jwksUri !== undefined)
      keys = new RemoteKeys({ ...options, ...provider, jwksUri, config: config.keySets });
    else if (jwksFile !== undefined) keys = await keysOfFile(jwksFile, folder);
    else keys = keysOfSecret(secret ?? '');
    issuers.set(provider.issuer, { provider, keys });
  }
  return issuers;
}

async function verifyToken(
  token: string,
  issuers: ReadonlyMap<string, Issuer>,
  { config, clock, logger }: JwtVerifierOptions,
): Promise<Verified> {
  const { header, issuer } = readToken(token);
  const { provider, keys } = issuers.get(issuer) ?? {};
  if (provider === undefined || keys === undefined) {
    throw invalidCredential({ message: 'The token is of an issuer that is not accepted here (iss).' });
  }
  checkHeader(header, provider);
  const { clockTolerance } = config;
  try {
    const candidates = await keys.find(header as Parameters<Keys['find']>[0]);
    const claims = await verifySignature(token, candidates, { provider, clockTolerance, now: clock.now() });
    return {
      caller: createCaller({
        kind: 'jwt',
        claims: Object.freeze(claims),
        ...readClaims(claims, provider.claims),
      }),
      expiresAt: claims.exp * 1000 + clockTolerance,
    };
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    // The endpoint has told about itself; a key of the issuer that cannot be used is news.
    if (!(cause instanceof CannotCheck)) {
      logger.warn({ issuer, reason: describeFailure(cause) }, 'a key of an issuer cannot be used');
    }
    throw uncheckedCredential({
      message:
        'The token cannot be checked now, as the keys of its issuer are not to be had. Try again later.',
      cause,
    });
  }
}
