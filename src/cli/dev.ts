import { systemClock } from '../shared/clock.ts';
import { createDevLogger } from './dev-logger.ts';
import { openDevSession } from './dev-session.ts';
import { onTermination } from './end-gracefully.ts';
import { startExampleSubgraphs } from './example-subgraphs.ts';
import { isPackageFile } from './package-root.ts';
import { DEFAULT_SUPERGRAPH, type GatewayFlags, type Mode, readSettings } from './settings.ts';

/** `weir dev`: for somebody who writes schemas. Brings the example subgraphs along where it is the example. */
export async function dev(flags: GatewayFlags): Promise<void> {
  const helpers: AsyncDisposable[] = [];
  const endHelpers = async (): Promise<void> => {
    for (const helper of helpers.splice(0)) await helper[Symbol.asyncDispose]();
  };
  try {
    // Loaded here only: a gateway in production does not even have it in memory.
    const { startDevIdentity } = await import('./dev-identity/provider.ts');
    const identity = await startDevIdentity(process.cwd());
    helpers.push(identity);
    const mode: Mode = { devProvider: identity.provider };
    const settings = await readSettings(flags, process.env, mode);
    const logger = createDevLogger({
      level: settings.config.telemetry.logLevel,
      write: text => process.stdout.write(text),
      now: () => new Date(),
    });
    logger.info({ keys: identity.provider.jwksUri }, 'tokens of `weir token` are accepted');
    if (isPackageFile(flags.supergraph ?? DEFAULT_SUPERGRAPH, DEFAULT_SUPERGRAPH)) {
      helpers.push(await startExampleSubgraphs(logger));
    }
    const session = await openDevSession(flags, { settings, mode }, logger);
    onTermination(async () => {
      logger.info({}, 'ending');
      await session.end();
      await endHelpers();
    }, systemClock);
  } catch (error) {
    await endHelpers();
    throw error;
  }
}
