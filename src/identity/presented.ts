import type { IncomingHttpHeaders } from 'node:http';
import { readCookie } from './read-cookie.ts';
import { invalidCredential } from './unauthenticated.ts';

/** What a request says about who makes it, in the shapes of `node:http`. */
export interface Presented {
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. Empty for injected requests. */
  readonly rawHeaders: readonly string[];
}

export interface BearerToken {
  readonly token: string;
  /** A browser sends cookies by itself, so another site may have caused the request. */
  readonly fromCookie: boolean;
}

export interface Credentials {
  readonly bearer: BearerToken | null;
  readonly apiKey: string | null;
}

/** Which credentials mean something here; what is not read is not checked either. */
export interface CredentialSources {
  readonly bearer: boolean;
  readonly apiKeys: boolean;
  /** The cookie that carries a token when there is no Authorization header. */
  readonly cookie: string | null;
  /** Bytes. */
  readonly maxToken: number;
  /** Lower case. */
  readonly ignoreSchemes: ReadonlySet<string>;
}

const NO_CREDENTIALS: Credentials = Object.freeze({ bearer: null, apiKey: null });

const MAX_API_KEY = 512;

/** `b64token` of RFC 6750, 2.1. */
const TOKEN = /^[\w.~+/-]+=*$/;

const SCHEME = /^([\w!#$%&'*+.^`|~-]+)(?: +(.*))?$/;

/**
 * Reads what a request presents, without judging whether it is good. A token is not read to its end: see
 * {@link checkToken}.
 * @throws GatewayError UNAUTHENTICATED when it cannot be told what is presented: malformed, too large, twice, or
 * two things that differ. Taking either would let two parties on the way see different callers.
 */
export function readCredentials(presented: Presented, sources: CredentialSources): Credentials {
  const { headers, rawHeaders } = presented;
  const authorization = sources.bearer ? headers.authorization : undefined;
  const key = sources.apiKeys ? headers['x-api-key'] : undefined;
  const cookie =
    sources.cookie === null || headers.cookie === undefined
      ? null
      : cookieToken(headers.cookie, sources.cookie);
  if (authorization === undefined && key === undefined && cookie === null) return NO_CREDENTIALS;
  if (authorization !== undefined) refuseTwice(rawHeaders, 'authorization');
  if (key !== undefined) refuseTwice(rawHeaders, 'x-api-key');
  const fromHeader = authorization === undefined ? null : headerToken(authorization, sources.ignoreSchemes);
  return { bearer: bearerToken(fromHeader, cookie, sources.maxToken), apiKey: apiKey(key) };
}

/**
 * Apart, as a token that is remembered has passed it: half of what recognising one costs.
 * @throws GatewayError UNAUTHENTICATED for a token that is empty or has characters that no token has.
 */
export function checkToken({ bearer }: Credentials): void {
  if (bearer === null || TOKEN.test(bearer.token)) return;
  throw invalidCredential({ message: 'The token is empty or malformed.' });
}

/** Node keeps the first of several Authorization headers and says nothing; a proxy may have checked the last. */
function refuseTwice(rawHeaders: readonly string[], name: string): void {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index];
    if (raw === undefined || raw.length !== name.length || raw.toLowerCase() !== name) continue;
    if (++seen > 1) throw invalidCredential({ message: `Send one ${name} header, not several.` });
  }
}

function headerToken(authorization: string, ignoreSchemes: ReadonlySet<string>): string | null {
  if (authorization.startsWith('Bearer ')) return authorization.slice(7).trimStart();
  const [, scheme, token] = SCHEME.exec(authorization) ?? [];
  if (scheme === undefined) throw invalidCredential({ message: 'The Authorization header cannot be read.' });
  const lowered = scheme.toLowerCase();
  if (lowered === 'bearer') return token ?? '';
  if (ignoreSchemes.has(lowered)) return null;
  throw invalidCredential({ message: 'The Authorization header must be of the scheme Bearer.' });
}

function cookieToken(header: string, name: string): string | null {
  const values = readCookie(header, name);
  if (values.size > 1) {
    throw invalidCredential({ message: `Send one cookie named ${name}, not several that differ.` });
  }
  const [value] = values;
  // A site that logs a user out may leave the cookie behind, empty.
  return value === undefined || value === '' ? null : value;
}

function bearerToken(header: string | null, cookie: string | null, maxToken: number): BearerToken | null {
  const token = header ?? cookie;
  if (token === null) return null;
  if (header !== null && cookie !== null && header !== cookie) {
    throw invalidCredential({
      message: 'The Authorization header and the cookie carry different tokens. Send one of them.',
    });
  }
  if (token.length > maxToken) {
    throw invalidCredential({ message: `The token is larger than ${maxToken} bytes.` });
  }
  return { token, fromCookie: header === null };
}

function apiKey(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && value !== '' && value.length <= MAX_API_KEY) return value;
  throw invalidCredential({ message: `Send one x-api-key of 1 to ${MAX_API_KEY} characters.` });
}
