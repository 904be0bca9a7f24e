import { open, stat, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeFailure } from '../../shared/describe-failure.ts';
import { ApiKeyStoreError } from './api-key-store.ts';

const TRY_EVERY_MS = 20;
const TRIES = 250;

/**
 * One writer at a time, on the whole machine: two that read, change and write the same file would lose one of
 * two revocations. The lock is a file beside it, as only creating one is atomic on every file system.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  await acquire(lock);
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => {});
  }
}

async function acquire(lock: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new ApiKeyStoreError(`${lock} cannot be written: ${describeFailure(error)}`);
      }
    }
    await sleep(TRY_EVERY_MS);
  }
  // Taking over a lock that only looks forgotten would be worse than asking.
  const since = await stat(lock).then(
    ({ mtime }) => ` since ${mtime.toISOString()}`,
    () => '',
  );
  throw new ApiKeyStoreError(
    `another command has been writing API keys${since}; if none is, it was cut off: delete ${lock} and try again`,
  );
}
