import type { TestCertificate } from '../support/certificates.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';
import { freePort, type RedisServer, startRedisServer } from './redis-server.ts';

export interface SecureUse extends TestCertificate {
  /** Of CAs that those who connect may be of, and other servers. */
  readonly ca: string;
  /** Whether only such ones may connect. */
  readonly asksForCertificates?: boolean;
}

/** Settings of Redis by which a port speaks TLS, and no other is open; with what they name in a folder. */
export async function secureSettings(
  port: number,
  folder: TemporaryFolder,
  { ca, cert, key, asksForCertificates = false }: SecureUse,
): Promise<readonly (readonly [name: string, value: string])[]> {
  return [
    ['port', '0'],
    ['tls-port', String(port)],
    ['tls-ca-cert-file', await folder.write('server-ca.pem', ca)],
    ['tls-cert-file', await folder.write('server.pem', cert)],
    ['tls-key-file', await folder.write('server.key', key)],
    ['tls-auth-clients', asksForCertificates ? 'yes' : 'no'],
    ['tls-replication', 'yes'],
  ];
}

export async function startSecureRedis(folder: TemporaryFolder, use: SecureUse): Promise<RedisServer> {
  const port = await freePort();
  const settings = await secureSettings(port, folder, use);
  const server = await startRedisServer(
    settings.flatMap(([name, value]) => [`--${name}`, value]),
    port,
  );
  return { ...server, url: `rediss://127.0.0.1:${port}` };
}
