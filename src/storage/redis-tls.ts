import type { SecureContext } from 'node:tls';

/** How the certificates of Redis are looked at, and what it is shown. */
export interface RedisTls {
  readonly serverName: string | undefined;
  /** Asked for each connection, as certificates are renewed. */
  readonly current: () => SecureContext;
}

/** What ioredis hands on to Node: it is copied, and so read anew, whenever a connection is made. */
export interface TlsOptions {
  readonly servername?: string;
  readonly secureContext?: SecureContext;
}

/** @param host undefined where that is known no sooner than when it is connected to */
export function tlsOptions(host: string | undefined, tls: RedisTls | undefined): TlsOptions {
  const servername = tls?.serverName ?? host;
  const named = servername === undefined ? {} : { servername };
  if (tls === undefined) return named;
  return Object.defineProperty(named, 'secureContext', { enumerable: true, get: tls.current });
}
