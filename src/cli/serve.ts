import type { FastifyInstance } from 'fastify';
import type { ServerConfig } from '../config/server.ts';
import type { Gateway } from '../gateway.ts';
import { describeFailure } from '../shared/describe-failure.ts';
import type { ListenAddress } from '../shared/listen-address.ts';
import type { Logger } from '../telemetry/logger.ts';
import { CliError } from './cli-error.ts';
import type { Settings } from './settings.ts';

/** Opens the listeners of a gateway. @throws CliError when a port cannot be had; then nothing is left open. */
export async function serve(gateway: Gateway, settings: Settings, logger: Logger): Promise<void> {
  const { config, hasAdmin } = settings;
  try {
    // Operators first: a gateway that takes requests without being watched is the worse half.
    if (hasAdmin) await listen(gateway.admin, config.admin.listen, 'admin');
    await listen(gateway.app, config.server.listen, 'server');
  } catch (error) {
    await gateway.close();
    throw error;
  }
  const root = urlOf(gateway.app, config.server);
  logger.info(
    {
      url: `${root}${config.server.path}`,
      ...(config.server.graphiql ? { graphiql: `${root}/` } : {}),
      ...(hasAdmin ? { admin: urlOf(gateway.admin, config.admin) } : {}),
    },
    'listening',
  );
}

async function listen(app: FastifyInstance, { host, port }: ListenAddress, key: string): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new CliError(`cannot listen on ${host}:${port} (${key}.listen): ${describeFailure(cause)}`, cause);
  }
}

function urlOf(app: FastifyInstance, { tls }: Pick<ServerConfig, 'tls'>): string {
  const address = app.server.address();
  if (typeof address !== 'object' || address === null) return '';
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${tls === undefined ? 'http' : 'https'}://${host}:${address.port}`;
}
