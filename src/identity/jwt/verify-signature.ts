import { type CryptoKey, errors, type JWTPayload, jwtVerify } from 'jose';
import type { JwtProviderConfig } from '../../config/identity.ts';
import { memberAt } from '../../shared/member-at.ts';
import { invalidCredential } from '../unauthenticated.ts';
import type { Key } from './keys.ts';

export interface SignatureRules {
  readonly provider: JwtProviderConfig;
  /** Milliseconds. */
  readonly clockTolerance: number;
  /** Wall time, ms. */
  readonly now: number;
}

/** The claim for audiences of RFC 7519. */
const REGISTERED = 'aud';

/** What is wrong with a claim that jose refuses, and what helps. */
const CLAIM_PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['exp', 'The token must say until when it is valid (exp).'],
  ['nbf', 'The token is not valid yet (nbf).'],
  ['aud', 'The token is for another service (aud).'],
  ['iss', 'The token is of another issuer (iss).'],
]);

/**
 * Checks signature and registered claims with the keys that may have signed it, one after the other.
 * @throws GatewayError UNAUTHENTICATED, or what a key that cannot be used makes jose throw.
 */
export async function verifySignature(
  token: string,
  keys: readonly Key[],
  rules: SignatureRules,
): Promise<JWTPayload & { exp: number }> {
  for (const [index, key] of keys.entries()) {
    try {
      return checkClaims(await verifyWith(token, key, rules), rules);
    } catch (error) {
      const isWrongKey = error instanceof errors.JWSSignatureVerificationFailed;
      if (isWrongKey && index < keys.length - 1) continue;
      throw error instanceof errors.JOSEError ? refusal(error) : error;
    }
  }
  throw invalidCredential({ message: 'The token is signed with a key that its issuer does not publish.' });
}

async function verifyWith(token: string, key: Key, rules: SignatureRules): Promise<JWTPayload> {
  const { provider, clockTolerance, now } = rules;
  const { payload } = await jwtVerify(token, key as CryptoKey, {
    algorithms: provider.algorithms,
    issuer: provider.issuer,
    ...(provider.audienceClaim === REGISTERED ? { audience: provider.audiences } : {}),
    requiredClaims: ['exp'],
    clockTolerance: clockTolerance / 1000,
    currentDate: new Date(now),
  });
  return payload;
}

/** Where issuers say in a claim of their own what a token is for. */
function checkAudience(payload: JWTPayload, { audiences, audienceClaim }: JwtProviderConfig): void {
  if (audienceClaim === REGISTERED) return;
  const named = memberAt(payload, audienceClaim);
  const isMeant = (Array.isArray(named) ? named : [named]).some(
    name => typeof name === 'string' && audiences.includes(name),
  );
  if (!isMeant) throw invalidCredential({ message: `The token is for another service (${audienceClaim}).` });
}

/** What jose leaves open: lists where RFC 7519 has one text, times that never come, tokens from the future. */
function checkClaims(
  payload: JWTPayload,
  { provider, clockTolerance, now }: SignatureRules,
): JWTPayload & { exp: number } {
  const { sub, aud, exp, iat, nbf } = payload as Record<string, unknown>;
  if (sub !== undefined && typeof sub !== 'string') {
    throw invalidCredential({ message: 'The subject (sub) of the token must be one text.' });
  }
  if (Array.isArray(aud) && !aud.every(name => typeof name === 'string')) {
    throw invalidCredential({ message: 'The audience (aud) of the token must be texts.' });
  }
  checkAudience(payload, provider);
  const isTime = (value: unknown): boolean => value === undefined || Number.isFinite(value);
  if (!isTime(exp) || !isTime(iat) || !isTime(nbf)) {
    throw invalidCredential({ message: 'The times (exp, iat, nbf) of the token must be numbers.' });
  }
  if (typeof iat === 'number' && iat * 1000 > now + clockTolerance) {
    throw invalidCredential({ message: 'The token has been issued in the future (iat). Set the clocks.' });
  }
  return payload as JWTPayload & { exp: number };
}

function refusal(cause: errors.JOSEError): Error {
  if (cause instanceof errors.JWTExpired) {
    return invalidCredential({ message: 'The token has expired. Get a new one.', cause });
  }
  if (cause instanceof errors.JWSSignatureVerificationFailed) {
    return invalidCredential({ message: 'The signature of the token is wrong.', cause });
  }
  const claim =
    cause instanceof errors.JWTClaimValidationFailed ? CLAIM_PROBLEMS.get(cause.claim) : undefined;
  return invalidCredential({ message: claim ?? 'The token is not a valid JSON Web Token.', cause });
}
