import { resolve } from 'node:path';
import { CONFIGURATION } from '../../config/config-source.ts';
import type { ApiKeysConfig } from '../../config/identity.ts';
import { ConfigError } from '../../config/parse.ts';
import type { Clock } from '../../shared/clock.ts';
import type { RedisStorage } from '../../storage/redis.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ApiKeyStore } from './api-key-store.ts';
import { openFileStore } from './file-store.ts';
import { createRedisStore } from './redis-store.ts';

interface StoreParts {
  readonly config: Pick<ApiKeysConfig, 'file' | 'redis'>;
  /** The connection of `storage.redis`, if there is one. */
  readonly redis: RedisStorage | null;
  /** Folder of the configuration, which a relative file is relative to. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The store that the configuration asks for.
 * @throws ConfigError when there is no such Redis, or a file that cannot be used.
 */
export async function openApiKeyStore(parts: StoreParts): Promise<ApiKeyStore> {
  const { config, redis, folder, clock, logger } = parts;
  if (config.file !== undefined) return openFileStore({ path: resolve(folder, config.file), clock, logger });
  if (redis !== null) return createRedisStore(redis, clock);
  throw new ConfigError(CONFIGURATION, [
    'identity.apiKeys.redis: there is no storage.redis; set storage.redis.url, or keep the keys in a file',
  ]);
}
