import type { ExecutionConfig } from '../config/execution.ts';
import type { SubgraphTlsConfig } from '../config/tls.ts';
import type { SubgraphTls } from '../execution/fetch/connections.ts';
import { type FollowedCertificates, type FollowParts, followCertificates } from './follow-certificates.ts';

/** The certificates of connections to subgraphs. They outlive generations. */
export interface SubgraphCertificates {
  of(config: SubgraphTlsConfig | undefined): SubgraphTls | undefined;
  close(): void;
}

/** @throws ConfigError for files that cannot be used; then none is followed. */
export async function openSubgraphCertificates(
  execution: ExecutionConfig,
  parts: FollowParts,
): Promise<SubgraphCertificates> {
  const followed: FollowedCertificates[] = [];
  const known = new Map<SubgraphTlsConfig | undefined, SubgraphTls>();
  const close = () => {
    for (const one of followed) one.close();
  };
  try {
    for (const [id, settings] of Object.entries(execution.subgraphs)) {
      const { tls } = settings as { readonly tls?: SubgraphTlsConfig };
      if (tls === undefined) continue;
      const { ca, cert, key, minVersion, serverName } = tls;
      const setting = `execution.subgraphs.${id}.tls`;
      const certificates = await followCertificates(
        { setting, ca: { key: 'ca', file: ca }, cert, key, minVersion },
        parts,
      );
      followed.push(certificates);
      known.set(tls, { id, serverName, current: () => certificates.current().context });
    }
  } catch (error) {
    close();
    throw error;
  }
  return { of: config => known.get(config), close };
}
