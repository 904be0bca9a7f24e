import { resolve } from 'node:path';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { CONFIGURATION } from '../config/config-source.ts';
import { ConfigError } from '../config/parse.ts';
import {
  type CertificateFiles,
  type Certificates,
  endOf,
  type PemFile,
  readCertificates,
} from '../config/read-certificates.ts';
import { describeFailure } from '../shared/describe-failure.ts';
import { fileStamp } from '../shared/file-stamp.ts';
import type { GatewayOptions } from './options.ts';

export type FollowParts = Pick<GatewayOptions, 'folder' | 'logger' | 'metrics' | 'clock'>;

/** What a setting names, relative to the configuration, and as what. */
export interface NamedFiles {
  /** As in `server.tls`. */
  readonly setting: string;
  readonly ca: { readonly key: string; readonly file: string | undefined };
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly minVersion: NonNullable<SecureContextOptions['minVersion']>;
}

/** What connections are made with, and what OpenSSL has made of it. */
export interface Renewed {
  readonly options: SecureContextOptions;
  readonly context: SecureContext;
}

export interface FollowedCertificates {
  /** As the files were when they last could be used. */
  current(): Renewed;
  onRenewed(use: (renewed: Renewed) => void): void;
  close(): void;
}

/**
 * Asked for, rather than waited for: a mounted secret is a chain of links whose middle changes, and network file
 * systems tell nobody.
 */
const LOOK_MS = 1_000;

/** @throws ConfigError when the files cannot be used at first. Later that is told once and changes nothing. */
export async function followCertificates(
  named: NamedFiles,
  parts: FollowParts,
): Promise<FollowedCertificates> {
  const { logger } = parts;
  const files = filesOf(named, parts.folder);
  const names = [files.ca, files.cert, files.key].flatMap(file => (file === undefined ? [] : [file.path]));
  const users: ((renewed: Renewed) => void)[] = [];
  // The stamp is the older of the two: a write in between is seen the next time.
  let known = await stampOf(names);
  let current = await read(named, files, parts);
  let doubtful: string | null = null;
  let closed = false;

  const look = async (): Promise<void> => {
    const stamp = await stampOf(names);
    if (stamp === known) return;
    try {
      const renewed = await read(named, files, parts);
      if (closed) return;
      current = renewed;
      known = stamp;
    } catch (error) {
      // A certificate and its key are written one after the other: wrong is what is still wrong the next time.
      if (stamp !== doubtful) {
        doubtful = stamp;
        return;
      }
      known = stamp;
      const reason = describeFailure(error);
      logger.error({ files: names, reason }, 'certificates could not be renewed; those before stay in use');
      return;
    }
    for (const use of users) use(current);
    logger.info({ files: names }, 'certificates were renewed');
  };
  const timer = setInterval(onceAtATime(look), LOOK_MS);
  timer.unref();

  return {
    current: () => current,
    onRenewed: use => void users.push(use),
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}

async function read(
  { setting, minVersion }: NamedFiles,
  files: CertificateFiles,
  parts: FollowParts,
): Promise<Renewed> {
  const certificates = await readCertificates(files);
  const options = { ...certificates, minVersion };
  let context: SecureContext;
  try {
    context = createSecureContext(options);
  } catch (cause) {
    // As with a key that OpenSSL takes for too weak.
    throw new ConfigError(CONFIGURATION, [`${setting}: ${describeFailure(cause)}`]);
  }
  watchTheEnd(certificates, setting, parts);
  return { options, context };
}

/** Clocks may be wrong, and a certificate of yesterday is better than none: so that is no reason not to start. */
function watchTheEnd({ cert }: Certificates, setting: string, { metrics, logger, clock }: FollowParts): void {
  if (cert === undefined) return;
  const end = endOf(cert);
  metrics.certificate(`${setting}.cert`, end / 1_000);
  if (end > clock.now()) return;
  logger.warn(
    { setting: `${setting}.cert`, ended: new Date(end).toISOString() },
    'a certificate has expired, and will be refused; renew its file',
  );
}

function filesOf({ setting, ca, cert, key }: NamedFiles, folder: string): CertificateFiles {
  const file = (name: string, path: string | undefined): PemFile | undefined =>
    path === undefined ? undefined : { key: `${setting}.${name}`, path: resolve(folder, path) };
  return { ca: file(ca.key, ca.file), cert: file('cert', cert), key: file('key', key) };
}

function onceAtATime(work: () => Promise<void>): () => void {
  let running = false;
  return () => {
    if (running) return;
    running = true;
    void work().finally(() => {
      running = false;
    });
  };
}

/** Differs before and after a change of any of the files, or of who may read it. */
async function stampOf(paths: readonly string[]): Promise<string> {
  return (await Promise.all(paths.map(fileStamp))).join(' ');
}
