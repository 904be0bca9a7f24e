import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { describeFailure } from '../shared/describe-failure.ts';
import { ConfigError } from './parse.ts';

/** A file, and the key of the configuration that names it. */
export interface PemFile {
  readonly key: string;
  readonly path: string;
}

export interface CertificateFiles {
  /** CAs that the other side's certificate may be of. */
  readonly ca?: PemFile | undefined;
  /** What this side shows, with its key: both or neither. */
  readonly cert?: PemFile | undefined;
  readonly key?: PemFile | undefined;
}

/** Their texts, as Node takes them. All certificates and the key are sound and belong together. */
export interface Certificates {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** When a certificate ends, in ms since the epoch. */
export function endOf(cert: string): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

/** All public CAs together are a quarter of a mebibyte. */
const MAX_BYTES = 4 * 1024 * 1024;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * OpenSSL takes a file without a CA for one with none, and tells of a wrong key when the first handshake fails: so
 * all is looked at here.
 * @throws ConfigError naming the file, the setting and what is wrong.
 */
export async function readCertificates({ ca, cert, key }: CertificateFiles): Promise<Certificates> {
  const authorities = ca === undefined ? undefined : await readPem(ca);
  if (ca !== undefined) certificatesIn(authorities ?? '', ca);
  const trust = authorities === undefined ? {} : { ca: authorities };
  if (cert === undefined || key === undefined) return trust;
  const [shown, secret] = [await readPem(cert), await readPem(key)];
  const [own] = certificatesIn(shown, cert);
  if (own?.checkPrivateKey(keyIn(secret, key)) !== true) {
    throw problem(key, `it is not the key of the first certificate in ${cert.path} (${cert.key})`);
  }
  return { ...trust, cert: shown, key: secret };
}

function certificatesIn(text: string, file: PemFile): readonly X509Certificate[] {
  const blocks = text.match(CERTIFICATE);
  if (blocks === null) {
    throw problem(file, 'it has no certificate in PEM: a block that begins with -----BEGIN CERTIFICATE-----');
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      // What OpenSSL says of a block that is none helps nobody.
      throw problem(file, `its certificate number ${index + 1} cannot be read; is the file cut off?`);
    }
  });
}

function keyIn(text: string, file: PemFile): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw problem(file, 'it is not a private key in PEM, without a passphrase');
  }
}

async function readPem(file: PemFile): Promise<string> {
  try {
    await using handle = await open(file.path);
    const { size } = await handle.stat();
    if (size > MAX_BYTES) throw problem(file, `it is larger than ${MAX_BYTES} bytes`);
    return await handle.readFile('latin1');
  } catch (error) {
    throw error instanceof ConfigError ? error : problem(file, describeFailure(error));
  }
}

function problem({ key, path }: PemFile, what: string): ConfigError {
  return new ConfigError(`${path} (${key})`, [what]);
}
