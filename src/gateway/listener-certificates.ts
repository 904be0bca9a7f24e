import { resolve } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ConfigError } from '../config/parse.ts';
import type { PemFile } from '../config/read-certificates.ts';
import type { ListenerTlsConfig } from '../config/tls.ts';
import type { ListenerTls } from '../http/listener-tls.ts';
import { describeFailure } from '../shared/describe-failure.ts';
import { followCertificates } from './follow-certificates.ts';
import type { GatewayOptions } from './options.ts';

export interface ListenerCertificates extends ListenerTls {
  close(): void;
}

/** @param place of the settings, as in `server.tls` @throws ConfigError for files that cannot be used */
export async function openListenerCertificates(
  { cert, key, clientCa, clientCertificates, minVersion }: ListenerTlsConfig,
  place: string,
  { folder, logger }: Pick<GatewayOptions, 'folder' | 'logger'>,
): Promise<ListenerCertificates> {
  const file = (name: string, path: string): PemFile => ({
    key: `${place}.${name}`,
    path: resolve(folder, path),
  });
  const users = new Set<(certificates: SecureContextOptions) => void>();
  const followed = await followCertificates<SecureContextOptions>({
    files: {
      ca: clientCa === undefined ? undefined : file('clientCa', clientCa),
      cert: file('cert', cert),
      key: file('key', key),
    },
    build(certificates) {
      const options = { ...certificates, minVersion };
      try {
        createSecureContext(options);
      } catch (cause) {
        throw new ConfigError(place, [describeFailure(cause)]);
      }
      return options;
    },
    onRenewed(options) {
      for (const use of users) use(options);
    },
    logger,
  });
  const asked = clientCertificates ?? (clientCa === undefined ? 'none' : 'require');
  return {
    options: {
      ...followed.current(),
      requestCert: asked !== 'none',
      rejectUnauthorized: asked === 'require',
    },
    onRenewed: use => void users.add(use),
    close: followed.close,
  };
}
