import { createIdentity, type Identity } from '../identity/identify.ts';
import type { ApiKeyVerifier, TokenIntrospector } from '../identity/ports.ts';
import type { RedisStorage } from '../storage/redis.ts';
import type { GatewayOptions } from './options.ts';

/** Everything that can say who somebody is. @throws ConfigError */
export async function openIdentity(options: GatewayOptions, redis: RedisStorage | null): Promise<Identity> {
  const { config, folder, clock, logger, metrics } = options;
  const parts = { clock, logger, metrics, fetch };
  return createIdentity({
    ...parts,
    config: config.identity,
    folder,
    introspect: await openIntrospection(options),
    apiKeys: await openApiKeys(options, redis),
  });
}

async function openIntrospection({
  config,
  clock,
  logger,
  metrics,
}: GatewayOptions): Promise<TokenIntrospector | null> {
  const { introspection } = config.identity;
  if (introspection === undefined) return null;
  const { createIntrospector } = await import('../identity/introspection/introspector.ts');
  return createIntrospector({ clock, logger, metrics, fetch, config: introspection });
}

async function openApiKeys(
  { config, folder, clock, logger, metrics }: GatewayOptions,
  redis: RedisStorage | null,
): Promise<ApiKeyVerifier | null> {
  const { apiKeys } = config.identity;
  if (apiKeys === undefined) return null;
  const [{ openApiKeyStore }, { createApiKeyVerifier }] = await Promise.all([
    import('../identity/api-keys/open-store.ts'),
    import('../identity/api-keys/verifier.ts'),
  ]);
  const store = await openApiKeyStore({ config: apiKeys, redis, folder, clock, logger });
  return createApiKeyVerifier({ config: apiKeys, store, clock, metrics, logger });
}
