import type { RedisConfig } from '../config/storage.ts';
import type { RedisStorage } from '../storage/redis.ts';
import { type FollowParts, followCertificates } from './follow-certificates.ts';

/**
 * Begins to connect, with the certificates that its settings name. Renewed ones are those of connections made from then on.
 * @throws ConfigError for a URL or files that cannot be used.
 */
export async function openRedis(config: RedisConfig, parts: FollowParts): Promise<RedisStorage> {
  // With its client, which takes some 10 MB: a gateway without Redis does not load it.
  const { connectRedis } = await import('../storage/redis.ts');
  if (config.tls === undefined) return connectRedis(config, parts);
  const { ca, cert, key, minVersion, serverName } = config.tls;
  const followed = await followCertificates(
    { setting: 'storage.redis.tls', ca: { key: 'ca', file: ca }, cert, key, minVersion },
    parts,
  );
  try {
    const tls = { serverName, current: () => followed.current().context };
    const redis = connectRedis(config, { ...parts, tls });
    return {
      ...redis,
      close() {
        followed.close();
        return redis.close();
      },
    };
  } catch (error) {
    followed.close();
    throw error;
  }
}
