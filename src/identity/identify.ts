import type { IdentityConfig } from '../config/identity.ts';
import { GatewayError } from '../errors.ts';
import type { Caller } from '../http/caller.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { ANONYMOUS } from './caller.ts';
import { looksLikeJwt } from './jwt/read-token.ts';
import type { JwtVerifier } from './jwt/verifier.ts';
import type { ApiKeyVerifier, TokenIntrospector } from './ports.ts';
import {
  type CredentialSources,
  type Credentials,
  checkToken,
  type Presented,
  readCredentials,
} from './presented.ts';
import { CannotCheck, invalidCredential, missingCredential } from './unauthenticated.ts';

export interface Identified {
  readonly caller: Caller;
  /** The credential came in a cookie, so the request must show that no other site has caused it. */
  readonly fromCookie: boolean;
}

export interface Identity {
  /** Who it is, if that needs no waiting: nobody in particular, or somebody remembered. Throws nothing. */
  known(presented: Presented): Identified | null;
  /** @throws GatewayError UNAUTHENTICATED: a bad credential is never the same as none. */
  identify(presented: Presented): Promise<Identified>;
  close(): Promise<void>;
}

export interface IdentityOptions {
  readonly config: IdentityConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly fetch: typeof fetch;
  /** That files in the config are relative to. */
  readonly folder: string;
  readonly introspect: TokenIntrospector | null;
  readonly apiKeys: ApiKeyVerifier | null;
}

/** Who can say whether a credential is good. */
interface Verifiers {
  readonly jwt: JwtVerifier | null;
  readonly introspect: TokenIntrospector | null;
  /** JWTs are introspected too. */
  readonly introspectsAll: boolean;
  readonly apiKeys: ApiKeyVerifier | null;
}

type Kind = Caller['kind'] | 'unreadable';

const NOBODY: Identified = Object.freeze({ caller: ANONYMOUS, fromCookie: false });

const MAX_TOKEN = 8 * 1024;

/** @throws ConfigError for a file of keys that cannot be used. */
export async function createIdentity(options: IdentityOptions): Promise<Identity> {
  const { config, metrics, introspect, apiKeys } = options;
  const jwt = await openJwt(options);
  const verifiers = { jwt, introspect, introspectsAll: config.introspection?.tokens === 'all', apiKeys };
  const sources = sourcesOf(config, verifiers);

  const known = (presented: Presented): Identified | null => {
    const credentials = readCredentials(presented, sources);
    const { bearer } = credentials;
    if (bearer === null && credentials.apiKey === null) return config.required ? null : NOBODY;
    const caller = knownCaller(credentials, verifiers);
    return caller === null ? null : { caller, fromCookie: bearer?.fromCookie ?? false };
  };

  return {
    known(presented) {
      try {
        const identified = known(presented);
        if (identified !== null) metrics.identified(identified.caller.kind, 'ok');
        return identified;
      } catch {
        // Told by `identify`, so that refusals are made, and counted, in one place.
        return null;
      }
    },
    async identify(presented) {
      let kind: Kind = 'unreadable';
      try {
        const credentials = readCredentials(presented, sources);
        checkToken(credentials);
        kind = kindOf(credentials, verifiers);
        if (kind === 'anonymous' && config.required) throw missingCredential();
        const caller = await verify(credentials, verifiers);
        metrics.identified(caller.kind, 'ok');
        return { caller, fromCookie: credentials.bearer?.fromCookie ?? false };
      } catch (error) {
        metrics.identified(kind, outcomeOf(error));
        throw error;
      }
    },
    async close() {
      jwt?.close();
      await apiKeys?.close();
    },
  };
}

async function openJwt(options: IdentityOptions): Promise<JwtVerifier | null> {
  const { jwt: config } = options.config;
  if (config === undefined) return null;
  const { createJwtVerifier } = await import('./jwt/verifier.ts');
  return createJwtVerifier({ ...options, config });
}

/** Where nothing can judge a credential it is none of our business: a plain supergraph serves who sends one. */
function sourcesOf({ jwt }: IdentityConfig, verifiers: Verifiers): CredentialSources {
  return {
    bearer: verifiers.jwt !== null || verifiers.introspect !== null,
    apiKeys: verifiers.apiKeys !== null,
    cookie: jwt?.cookie ?? null,
    maxToken: jwt?.maxToken ?? MAX_TOKEN,
    ignoreSchemes: new Set(jwt?.ignoreSchemes.map(scheme => scheme.toLowerCase())),
  };
}

/** The caller, if everything presented is remembered and agrees. */
function knownCaller({ bearer, apiKey }: Credentials, verifiers: Verifiers): Caller | null {
  const byToken = bearer === null ? null : knownToken(bearer.token, verifiers);
  const byKey = apiKey === null ? null : (verifiers.apiKeys?.known(apiKey) ?? null);
  if (bearer === null) return byKey;
  if (apiKey === null) return byToken;
  return byToken !== null && byKey !== null && agree(byToken, byKey) ? byToken : null;
}

function knownToken(token: string, { jwt, introspect, introspectsAll }: Verifiers): Caller | null {
  const byJwt = jwt === null ? null : jwt.known(token);
  if (introspect === null) return byJwt;
  if (byJwt !== null) return introspectsAll && introspect.known(token) === null ? null : byJwt;
  return jwt !== null && looksLikeJwt(token) ? null : introspect.known(token);
}

async function verify({ bearer, apiKey }: Credentials, verifiers: Verifiers): Promise<Caller> {
  const [byToken, byKey] = await Promise.all([
    bearer === null ? null : verifyToken(bearer.token, verifiers),
    apiKey === null || verifiers.apiKeys === null ? null : verifiers.apiKeys.verify(apiKey),
  ]);
  if (byToken !== null && byKey !== null && !agree(byToken, byKey)) {
    throw invalidCredential({
      message: 'The token and the API key are of different subjects. Send one of them.',
    });
  }
  return byToken ?? byKey ?? ANONYMOUS;
}

async function verifyToken(token: string, verifiers: Verifiers): Promise<Caller> {
  const { jwt, introspect, introspectsAll } = verifiers;
  if (jwt !== null && looksLikeJwt(token)) {
    const caller = await jwt.verify(token);
    if (introspectsAll) await introspect?.introspect(token);
    return caller;
  }
  if (introspect !== null) return await introspect.introspect(token);
  throw invalidCredential({ message: 'The token is not a JSON Web Token; others are not accepted here.' });
}

/** A key without a subject belongs to nobody, so it cannot belong to the same one. */
function agree(a: Caller, b: Caller): boolean {
  return a.subject !== null && a.subject === b.subject;
}

function kindOf({ bearer, apiKey }: Credentials, { jwt, introspect }: Verifiers): Kind {
  if (bearer === null) return apiKey === null ? 'anonymous' : 'api-key';
  return introspect === null || (jwt !== null && looksLikeJwt(bearer.token)) ? 'jwt' : 'introspection';
}

function outcomeOf(error: unknown): 'refused' | 'unavailable' {
  if (!(error instanceof GatewayError) || error.cause instanceof CannotCheck) return 'unavailable';
  return error.code === 'UNAUTHENTICATED' ? 'refused' : 'unavailable';
}
