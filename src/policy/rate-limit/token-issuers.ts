import type { IdentityConfig } from '../../config/identity.ts';
import type { Caller } from '../../http/caller.ts';

/** Who may vouch for callers. An issuer names its subjects, clients and tenants as it likes, and so does every other. */
export interface TokenIssuers {
  /** Those that are known beforehand. */
  readonly names: readonly string[];
  /** Whether an introspection endpoint may name others. */
  readonly isOpen: boolean;
  /** Whether a subject alone says whose it is, as there is one issuer and no other. */
  readonly isOne: boolean;
  /** Who vouches for a caller, where that tells it from others; null: nobody does, or the operator, by a key. */
  of(caller: Caller): string | null;
}

/** What is introspected is of the `iss` that the answer has (RFC 7662, 2.2), or of the endpoint. */
export function tokenIssuers({
  jwt,
  introspection,
}: Pick<IdentityConfig, 'jwt' | 'introspection'>): TokenIssuers {
  const issuers = (jwt?.providers ?? []).map(({ issuer }) => issuer);
  const endpoint = introspection?.endpoint ?? null;
  const isOne = endpoint === null && issuers.length < 2;
  return {
    names: endpoint === null ? issuers : [...issuers, endpoint],
    isOpen: endpoint !== null,
    isOne,
    of({ kind, claims }) {
      if (isOne || (kind !== 'jwt' && kind !== 'introspection')) return null;
      const { iss } = claims;
      return typeof iss === 'string' && iss !== '' ? iss : endpoint;
    },
  };
}
