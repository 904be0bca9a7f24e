import { stat } from 'node:fs/promises';
import { type CertificateFiles, type Certificates, readCertificates } from '../config/read-certificates.ts';
import { describeFailure } from '../shared/describe-failure.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface FollowOptions<T> {
  readonly files: CertificateFiles;
  /** Makes of the files what is used of them. May throw, and then they are not used. */
  readonly build: (certificates: Certificates) => T;
  readonly logger: Logger;
  /** Called with what was made of files that have changed. */
  readonly onRenewed?: (built: T) => void;
}

export interface FollowedCertificates<T> {
  /** What was made of the files as they were when they last could be used. */
  current(): T;
  close(): void;
}

/**
 * Asked for, rather than waited for: a mounted secret is a chain of links whose middle changes, and network file
 * systems tell nobody.
 */
const LOOK_MS = 1_000;

/** @throws ConfigError when the files cannot be used at first. Later that is told once and changes nothing. */
export async function followCertificates<T>(options: FollowOptions<T>): Promise<FollowedCertificates<T>> {
  const { files, build, logger, onRenewed } = options;
  // The stamp is the older of the two: a write in between is seen the next time.
  let known = await stampOf(files);
  let current = build(await readCertificates(files));
  let doubtful: string | null = null;
  let closed = false;

  const look = async (): Promise<void> => {
    const stamp = await stampOf(files);
    if (stamp === known || closed) return;
    const names = namesOf(files);
    try {
      current = build(await readCertificates(files));
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
    known = stamp;
    if (closed) return;
    onRenewed?.(current);
    logger.info({ files: names }, 'certificates were renewed');
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, LOOK_MS);
  timer.unref();

  return {
    current: () => current,
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}

function namesOf({ ca, cert, key }: CertificateFiles): readonly string[] {
  return [ca, cert, key].flatMap(file => (file === undefined ? [] : [file.path]));
}

/** Differs before and after a change of any of the files, or of who may read it. */
async function stampOf(files: CertificateFiles): Promise<string> {
  const stamps = namesOf(files).map(async path => {
    const found = await stat(path).catch(() => null);
    return found === null ? '' : `${found.dev}:${found.ino}:${found.ctimeMs}:${found.size}`;
  });
  return (await Promise.all(stamps)).join(' ');
}
