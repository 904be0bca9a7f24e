import { resolve } from 'node:path';
import { suspiciousSettings } from '../config/suspicious.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import { systemClock } from '../shared/clock.ts';
import { fingerprint } from '../shared/fingerprint.ts';
import { watchFiles } from '../shared/watch-files.ts';
import { problemsOf, watchingSupergraph } from '../supergraph/watching-manager.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { endGracefully } from './end-gracefully.ts';
import { serve } from './serve.ts';
import {
  DEFAULT_CONFIG,
  DEFAULT_SUPERGRAPH,
  type GatewayFlags,
  type Mode,
  readSettings,
  type Settings,
  sourceOf,
} from './settings.ts';

/** A served gateway whose supergraph and config follow their files. */
export interface DevSession {
  end(): Promise<void>;
}

interface Serving {
  readonly settings: Settings;
  readonly gateway: Gateway;
}

interface DevStart {
  readonly settings: Settings;
  /** How the settings are read again. */
  readonly mode: Mode;
}

/** @throws what keeps the first gateway from being served. Later failures leave the last good one as it is. */
export async function openDevSession(
  flags: GatewayFlags,
  { settings, mode }: DevStart,
  logger: Logger,
): Promise<DevSession> {
  const configFile = resolve(settings.configPath ?? DEFAULT_CONFIG);
  const known = new Map([[configFile, await fingerprint(configFile)]]);
  let current = await create(flags, settings, logger);
  await serve(current.gateway, settings, logger);

  const reload = async (): Promise<void> => {
    const next = await readSettings(flags, process.env, mode);
    if (JSON.stringify(next) === JSON.stringify(current.settings)) return;
    // Built before the old one goes: a config that does not fit the supergraph changes nothing.
    const replacement = await create(flags, next, logger);
    await close(current, logger);
    try {
      await serve(replacement.gateway, next, logger);
      current = replacement;
    } catch (error) {
      current = await create(flags, current.settings, logger);
      await serve(current.gateway, current.settings, logger);
      throw error;
    }
  };
  let work = Promise.resolve();
  const watch = watchFiles(() => {
    work = work.then(reload).catch(error => {
      logger.error(
        { file: configFile, problems: problemsOf(error) },
        'the configuration was not reloaded; the last good one goes on being used',
      );
    });
  });
  watch.follow(known);

  return {
    async end() {
      watch.close();
      await work;
      await close(current, logger);
    },
  };
}

async function create(flags: GatewayFlags, settings: Settings, logger: Logger): Promise<Serving> {
  const metrics = createMetrics();
  for (const warning of suspiciousSettings(settings.config)) logger.warn({}, warning);
  const gateway = await createGateway({
    config: settings.config,
    folder: settings.folder,
    manager: watchingSupergraph({
      source: sourceOf(flags.supergraph ?? DEFAULT_SUPERGRAPH, process.env),
      logger,
      onFailed: () => metrics.reload('failed'),
    }),
    logger,
    metrics,
    clock: systemClock,
  });
  return { settings, gateway };
}

function close({ gateway, settings }: Serving, logger: Logger): Promise<void> {
  return endGracefully(gateway, settings.config.server.shutdown, logger);
}
