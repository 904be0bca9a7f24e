import { RedisError } from '../../storage/redis-error.ts';

/** What a script says where a key holds no bucket. */
export const FOREIGN = 'a key holds what is no bucket of a rate limit';

/** That, or a key of another type. */
const IS_FOREIGN = new RegExp(`${FOREIGN}|WRONGTYPE`);

/** Redis is there and counts, but something else lies under the key of one bucket. Nothing was done. */
export class ForeignBucketError extends RedisError {
  constructor(message: string) {
    super('failed', message);
    this.name = 'ForeignBucketError';
  }
}

/** The error, or what it says of one bucket. */
export function asForeignBucket(error: unknown): unknown {
  if (!(error instanceof RedisError) || error.reason !== 'failed') return error;
  return isOfForeignKey(error) ? new ForeignBucketError(error.message) : error;
}

/** Whether it is what a script, or the server, says of such a key. */
export function isOfForeignKey(error: unknown): boolean {
  return error instanceof Error && IS_FOREIGN.test(error.message);
}
