import type { Clock } from '../../shared/clock.ts';
import { fileStamp } from '../../shared/file-stamp.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { readKeyFile } from './key-file.ts';
import type { ApiKeyRecord } from './record.ts';

type Keys = ReadonlyMap<string, ApiKeyRecord>;

export interface KeyFileParts {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A file that cannot be used is not read again by every request. */
const RETRY_AFTER_MS = 1_000;

/**
 * The keys of a file as it is now. A change that cannot be used leaves them as they were, and so does taking
 * the file away: only an empty list of keys means that there are none.
 * @throws ConfigError when the file is there at first and cannot be used.
 */
export async function followKeyFile({ path, clock, logger }: KeyFileParts): Promise<() => Promise<Keys>> {
  let stamp = await fileStamp(path);
  const first = await readKeyFile(path);
  let keys: Keys = first ?? new Map();
  if (first === null) {
    logger.warn({ file: path }, 'there is no file of API keys; until there is, no key is valid');
  }
  let failure: string | null = null;
  let retryAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<Keys> | null = null;

  const look = async (): Promise<Keys> => {
    try {
      const now = await fileStamp(path);
      if (now === stamp || clock.elapsed() < retryAt) return keys;
      const read = await readKeyFile(path);
      if (read === null) throw new Error(`${path} is gone`);
      // The stamp is the older of the two: a write in between is seen the next time.
      [keys, stamp, failure, retryAt] = [read, now, null, Number.NEGATIVE_INFINITY];
    } catch (error) {
      const { message } = error as Error;
      retryAt = clock.elapsed() + RETRY_AFTER_MS;
      if (message !== failure) {
        logger.error(
          { reason: message },
          'API keys could not be read again; those read before stay in force',
        );
      }
      failure = message;
    }
    return keys;
  };

  // Looking is cheap, but not so cheap that every wrong key of a flood should do it: they look together.
  return () => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
}
