import { resolve } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { ExecutionConfig } from '../config/execution.ts';
import { ConfigError } from '../config/parse.ts';
import type { PemFile } from '../config/read-certificates.ts';
import type { SubgraphTlsConfig } from '../config/tls.ts';
import type { SubgraphTls } from '../execution/fetch/connections.ts';
import { describeFailure } from '../shared/describe-failure.ts';
import { type FollowedCertificates, followCertificates } from './follow-certificates.ts';
import type { GatewayOptions } from './options.ts';

/** The certificates of connections to subgraphs. They outlive generations. */
export interface SubgraphCertificates {
  of(config: SubgraphTlsConfig | undefined): SubgraphTls | undefined;
  close(): void;
}

/** @throws ConfigError for files that cannot be used; then none is followed. */
export async function openSubgraphCertificates(
  execution: ExecutionConfig,
  options: Pick<GatewayOptions, 'folder' | 'logger'>,
): Promise<SubgraphCertificates> {
  const followed: FollowedCertificates<SecureContext>[] = [];
  const known = new Map<SubgraphTlsConfig, SubgraphTls>();
  const close = () => {
    for (const one of followed) one.close();
  };
  try {
    for (const [id, settings] of Object.entries(execution.subgraphs)) {
      const { tls } = settings as { readonly tls?: SubgraphTlsConfig };
      if (tls === undefined) continue;
      const certificates = await follow(tls, `execution.subgraphs.${id}.tls`, options);
      followed.push(certificates);
      known.set(tls, { id, serverName: tls.serverName, current: certificates.current });
    }
  } catch (error) {
    close();
    throw error;
  }
  return { of: config => (config === undefined ? undefined : known.get(config)), close };
}

function follow(
  { ca, cert, key, minVersion }: SubgraphTlsConfig,
  place: string,
  { folder, logger }: Pick<GatewayOptions, 'folder' | 'logger'>,
): Promise<FollowedCertificates<SecureContext>> {
  const file = (name: string, path: string | undefined): PemFile | undefined =>
    path === undefined ? undefined : { key: `${place}.${name}`, path: resolve(folder, path) };
  return followCertificates({
    files: { ca: file('ca', ca), cert: file('cert', cert), key: file('key', key) },
    build(certificates) {
      try {
        return createSecureContext({ ...certificates, minVersion });
      } catch (cause) {
        // As with a key that OpenSSL takes for too weak.
        throw new ConfigError(place, [describeFailure(cause)]);
      }
    },
    logger,
  });
}
