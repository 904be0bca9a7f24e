import type { Caller } from '../http/caller.ts';

/**
 * Asks the authorization server about a token (RFC 7662). Both members throw `GatewayError`: UNAUTHENTICATED
 * for a token that is not active, anything else for an endpoint that does not answer as configured.
 */
export interface TokenIntrospector {
  /** The caller of a token asked about lately, without waiting; null if the endpoint has to be asked. */
  known(token: string): Caller | null;
  introspect(token: string): Promise<Caller>;
}

/** Checks API keys. `verify` throws `GatewayError` UNAUTHENTICATED for a key that is unknown, expired or revoked. */
export interface ApiKeyVerifier {
  /** The caller of a key checked lately, without waiting; null if it has to be checked. */
  known(key: string): Caller | null;
  verify(key: string): Promise<Caller>;
  close(): Promise<void>;
}
