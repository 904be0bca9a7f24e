import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = `${root}dist/src/main.js`;

/**
 * Weir, as it is or with a configuration file.
 * @returns {import('./index.mjs').Gateway}
 */
function weirWith({ title, config }) {
  return {
    title,
    version: () => JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version,
    missing: () =>
      existsSync(main) ? undefined : 'not built (npm ci && npm run build in the repository root)',
    launch: ({ port, supergraphFile, workDir }) => {
      const args = [main, 'start', '--supergraph', supergraphFile, '--listen', `127.0.0.1:${port}`];
      if (config !== null) {
        const file = join(workDir, 'gateway.yaml');
        writeFileSync(file, config);
        args.push('--config', file);
      }
      // Away from the checkout, so that no configuration file of it is picked up.
      return { command: process.execPath, args, cwd: workDir };
    },
  };
}

export const weir = weirWith({ title: 'Weir', config: null });

/** Every answer computed anew: what Weir costs when the data of each request is new. */
export const weirNoReplay = weirWith({
  title: 'Weir, execution.replay off',
  config: 'execution: { replay: 0B }\n',
});
