import type { GatewayConfig } from '../config/gateway-config.ts';
import { suspiciousSettings } from '../config/suspicious.ts';
import { createGateway } from '../gateway.ts';
import { systemClock } from '../shared/clock.ts';
import { supergraphReadOnce } from '../supergraph/static-supergraph.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createDevLogger } from './dev-logger.ts';
import { DEFAULT_SUPERGRAPH, type GatewayFlags, readSettings, sourceOf, warnOfUnread } from './settings.ts';

/**
 * `weir config check`: all that `weir start` does before it listens, for a pipeline. What it would warn of is on stderr;
 * what would end the start is thrown. Redis and the collector of traces are left alone: nobody is to take a check for
 * one more instance of the fleet.
 */
export async function checkConfig(flags: GatewayFlags): Promise<void> {
  const settings = await readSettings(flags, process.env, 'start');
  const { config, configPath, folder, source } = settings;
  const logger = warningsOnly();
  for (const warning of suspiciousSettings(config)) logger.warn({}, warning);
  warnOfUnread(settings, logger);
  const gateway = await createGateway({
    config: alone(config),
    source,
    folder,
    manager: supergraphReadOnce(sourceOf(flags.supergraph, process.env), logger),
    logger,
    metrics: createMetrics(),
    clock: systemClock,
  });
  await gateway.close();
  const supergraph = flags.supergraph ?? DEFAULT_SUPERGRAPH;
  process.stdout.write(`${configPath ?? 'the default configuration'} can be used with ${supergraph}\n`);
}

function warningsOnly(): Logger {
  return createDevLogger({
    level: 'warn',
    write: text => process.stderr.write(text),
    now: () => new Date(),
  });
}

/** Without what others would notice. A Redis that is asked for and not configured is left, to be complained of. */
function alone(config: GatewayConfig): GatewayConfig {
  const { otlp: _, ...telemetry } = config.telemetry;
  if (config.storage.redis === undefined) return { ...config, telemetry };
  const { apiKeys, ...identity } = config.identity;
  const { cache, ...others } = config;
  return {
    ...others,
    ...(cache === undefined ? {} : { cache: { ...cache, redis: false } }),
    identity: apiKeys === undefined || apiKeys.redis ? identity : { ...identity, apiKeys },
    storage: {},
    telemetry,
  };
}
