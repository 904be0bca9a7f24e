import { readFile } from 'node:fs/promises';
import { gatewayConfig } from '../config/gateway-config.ts';
import { parseConfig } from '../config/parse.ts';
import { createGateway } from '../gateway.ts';
import { systemClock } from '../shared/clock.ts';
import { staticSupergraph } from '../supergraph/static-manager.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';

interface StartOptions {
  readonly supergraph?: string;
  readonly listen?: string;
}

export async function start(options: StartOptions): Promise<void> {
  const config = parseConfig(
    gatewayConfig,
    { server: { listen: options.listen }, operation: { introspection: true } },
    'flags',
  );
  const logger = createLogger(config.telemetry.logLevel);
  const gateway = await createGateway({
    config,
    manager: staticSupergraph(await readFile(options.supergraph ?? '', 'utf8')),
    logger,
    metrics: createMetrics(),
    clock: systemClock,
  });
  await gateway.app.listen({ ...config.server.listen });
  logger.info({ url: `http://${options.listen}/graphql` }, 'listening');
}
