import { suspiciousSettings } from '../config/suspicious.ts';
import { createGateway } from '../gateway.ts';
import { systemClock } from '../shared/clock.ts';
import { supergraphReadOnce } from '../supergraph/static-manager.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { endGracefully, onTermination } from './end-gracefully.ts';
import { serve } from './serve.ts';
import { type GatewayFlags, readSettings, sourceOf, warnOfUnread } from './settings.ts';

/** `weir start`: a gateway for production. */
export async function start(flags: GatewayFlags): Promise<void> {
  const settings = await readSettings(flags, process.env, 'start');
  const { config } = settings;
  const logger = createLogger(config.telemetry.logLevel);
  for (const warning of suspiciousSettings(config)) logger.warn({}, warning);
  warnOfUnread(settings, logger);
  const gateway = await createGateway({
    config,
    folder: settings.folder,
    manager: supergraphReadOnce(sourceOf(flags.supergraph, process.env)),
    logger,
    metrics: createMetrics(),
    clock: systemClock,
  });
  onTermination(() => {
    logger.info({}, 'ending');
    return endGracefully(gateway, config.server.shutdown, logger);
  }, systemClock);
  await serve(gateway, settings, logger);
}
