import type { ListenerTlsConfig } from '../config/tls.ts';
import type { ListenerTls } from '../http/listener-tls.ts';
import { type FollowParts, followCertificates } from './follow-certificates.ts';

export interface ListenerCertificates extends ListenerTls {
  close(): void;
}

/** @param setting as in `server.tls` @throws ConfigError for files that cannot be used */
export async function openListenerCertificates(
  { cert, key, clientCa, clientCertificates, minVersion }: ListenerTlsConfig,
  setting: string,
  parts: FollowParts,
): Promise<ListenerCertificates> {
  const followed = await followCertificates(
    { setting, ca: { key: 'clientCa', file: clientCa }, cert, key, minVersion },
    parts,
  );
  const asked = clientCertificates ?? (clientCa === undefined ? 'none' : 'require');
  return {
    options: {
      ...followed.current().options,
      requestCert: asked !== 'none',
      rejectUnauthorized: asked === 'require',
    },
    onRenewed: use => followed.onRenewed(({ options }) => use(options)),
    close: followed.close,
  };
}
