import { relative, resolve } from 'node:path';
import { suspiciousSettings } from '../config/suspicious.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import { systemClock } from '../shared/clock.ts';
import { watchFiles } from '../shared/watch-files.ts';
import { WatchedSupergraph } from '../supergraph/watched-supergraph.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { endGracefully } from './end-gracefully.ts';
import { serve } from './serve.ts';
import {
  DEFAULT_CONFIG,
  type GatewayFlags,
  type Mode,
  readSettings,
  type Settings,
  sourceOf,
  warnOfUnread,
} from './settings.ts';
import { watchedFiles } from './watched-files.ts';

/** A served gateway whose supergraph, config, rules and manifests follow their files. */
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
  const known = await watchedFiles(configFile, settings);
  let current = await create(flags, settings, logger);
  await serve(current.gateway, settings, logger);

  const reload = async (changed: readonly string[]): Promise<void> => {
    const next = await readSettings(flags, process.env, mode);
    // Also when they cannot be used: what is missing there may come.
    watch.follow(await watchedFiles(configFile, next));
    const isSame = JSON.stringify(next) === JSON.stringify(current.settings);
    if (isSame && changed.every(file => file === configFile)) {
      logger.info({}, 'the configuration is the one in use');
      return;
    }
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
  const watch = watchFiles(files => {
    const changed = files.map(file => relative(process.cwd(), file));
    logger.info({ changed }, 'reading the configuration again');
    work = work
      .then(() => reload(files))
      .catch(err => {
        logger.error({ err }, 'the configuration was not reloaded; the last good one goes on being used');
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
  warnOfUnread(settings, logger);
  const gateway = await createGateway({
    config: settings.config,
    source: settings.source,
    folder: settings.folder,
    manager: new WatchedSupergraph({
      source: sourceOf(flags.supergraph, process.env),
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
