import { resolve } from 'node:path';
import { longestDeadline, resolvePersonas } from '../config/resolve-personas.ts';
import { suspiciousSettings } from '../config/suspicious.ts';
import { createGateway } from '../gateway.ts';
import { systemClock } from '../shared/clock.ts';
import { type FileWatch, IN_PRODUCTION, watchFiles } from '../shared/watch-files.ts';
import { KEPT_GENERATIONS } from '../supergraph/generation-feed.ts';
import { WatchedSupergraph } from '../supergraph/watched-supergraph.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { endGracefully, onTermination } from './end-gracefully.ts';
import { serve } from './serve.ts';
import {
  DEFAULT_CONFIG,
  DEFAULT_SUPERGRAPH,
  type GatewayFlags,
  isComposed,
  readSettings,
  type Settings,
  sourceOf,
  warnOfUnread,
} from './settings.ts';
import { watchedFiles } from './watched-files.ts';

interface StartFlags extends GatewayFlags {
  /** False with `--no-watch`. */
  readonly watch: boolean;
}

/**
 * Between two readings of the supergraph there is time enough that the generation a request began with is kept as long as
 * it may take; but nobody waits longer for a mended file to be served.
 */
const MAX_REST_MS = 30_000;

type Watch = typeof watchFiles;

interface TellParts {
  readonly watch: Watch;
  readonly logger: Logger;
}

const followed: Watch = onChange => watchFiles(onChange, { pace: IN_PRODUCTION });
const unfollowed: Watch = () => ({ follow() {}, close() {} });

/** `weir start`: a gateway for production. Its supergraph follows its files; its configuration is read once. */
export async function start(flags: StartFlags): Promise<void> {
  const settings = await readSettings(flags, process.env, 'start');
  const { config } = settings;
  const logger = createLogger(config.telemetry.logLevel);
  for (const warning of suspiciousSettings(config)) logger.warn({}, warning);
  warnOfUnread(settings, logger);
  const metrics = createMetrics();
  const watch = flags.watch ? followed : unfollowed;
  const supergraph = new WatchedSupergraph({
    source: sourceOf(flags.supergraph, process.env),
    logger,
    onFailed: () => metrics.reload('failed'),
    watch,
    polls: flags.watch,
    restMs: Math.min(longestDeadline(resolvePersonas(config)) / (KEPT_GENERATIONS - 1), MAX_REST_MS),
  });
  onHangUp(supergraph, logger);
  // SDL without a configuration is served as it is, though one may come.
  const ownConfig = isComposed(flags.supergraph ?? DEFAULT_SUPERGRAPH) ? DEFAULT_CONFIG : null;
  const configFile = settings.configPath ?? ownConfig;
  const configuration = await tellOfChanges(configFile, settings, { watch, logger });
  const gateway = await createGateway({
    config,
    source: settings.source,
    folder: settings.folder,
    manager: supergraph,
    logger,
    metrics,
    clock: systemClock,
  });
  onTermination(() => {
    logger.info({}, 'ending');
    configuration.close();
    supergraph.stop();
    return endGracefully(gateway, config.server.shutdown, logger);
  }, systemClock);
  await serve(gateway, settings, logger);
}

/** Also while it starts: without it the signal would end the process. */
function onHangUp(supergraph: WatchedSupergraph, logger: Logger): void {
  process.on('SIGHUP', () => {
    if (supergraph.isStopped) return;
    logger.info({}, 'reading the supergraph again; the configuration is read at the start only');
    supergraph.reload();
  });
}

/** A listener or a store cannot be changed under requests, and half a change would be worse than none. */
async function tellOfChanges(file: string | null, settings: Settings, parts: TellParts): Promise<FileWatch> {
  const files = parts.watch(changed =>
    parts.logger.warn(
      { changed },
      'the configuration is read at the start only; restart to use what has changed',
    ),
  );
  if (file !== null) files.follow(await watchedFiles(resolve(file), settings));
  return files;
}
