import { openApiKeyStore } from '../identity/api-keys/open-store.ts';
import { createApiKeyVerifier } from '../identity/api-keys/verifier.ts';
import { createIdentity, type Identity } from '../identity/identify.ts';
import { createIntrospector } from '../identity/introspection/introspector.ts';
import type { ApiKeyVerifier } from '../identity/ports.ts';
import type { RedisStorage } from '../storage/redis.ts';
import type { GatewayOptions } from './options.ts';

/** Everything that can say who somebody is. @throws ConfigError */
export async function openIdentity(options: GatewayOptions, redis: RedisStorage | null): Promise<Identity> {
  const { config, folder, clock, logger, metrics } = options;
  const { introspection } = config.identity;
  const parts = { clock, logger, metrics, fetch };
  return createIdentity({
    ...parts,
    config: config.identity,
    folder,
    introspect: introspection === undefined ? null : createIntrospector({ ...parts, config: introspection }),
    apiKeys: await openApiKeys(options, redis),
  });
}

async function openApiKeys(
  { config, folder, clock, logger, metrics }: GatewayOptions,
  redis: RedisStorage | null,
): Promise<ApiKeyVerifier | null> {
  const { apiKeys } = config.identity;
  if (apiKeys === undefined) return null;
  const store = await openApiKeyStore({ config: apiKeys, redis, folder, clock, logger });
  return createApiKeyVerifier({ config: apiKeys, store, clock, metrics, logger });
}
