import { systemClock } from '../shared/clock.ts';
import { createDevLogger } from './dev-logger.ts';
import { openDevSession } from './dev-session.ts';
import { onTermination } from './end-gracefully.ts';
import { startExampleSubgraphs } from './example-subgraphs.ts';
import { isPackageFile } from './package-root.ts';
import { DEFAULT_SUPERGRAPH, type GatewayFlags, readSettings } from './settings.ts';

/** `weir dev`: for somebody who writes schemas. Brings the example subgraphs along where it is the example. */
export async function dev(flags: GatewayFlags): Promise<void> {
  const settings = await readSettings(flags, process.env, 'dev');
  const logger = createDevLogger({
    level: settings.config.telemetry.logLevel,
    write: text => process.stdout.write(text),
    now: () => new Date(),
  });
  const isExample = isPackageFile(flags.supergraph ?? DEFAULT_SUPERGRAPH, DEFAULT_SUPERGRAPH);
  const examples = isExample ? await startExampleSubgraphs(logger) : null;
  try {
    const session = await openDevSession(flags, settings, logger);
    onTermination(async () => {
      logger.info({}, 'ending');
      await session.end();
      await examples?.[Symbol.asyncDispose]();
    }, systemClock);
  } catch (error) {
    await examples?.[Symbol.asyncDispose]();
    throw error;
  }
}
