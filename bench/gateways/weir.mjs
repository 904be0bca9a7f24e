import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = `${root}dist/src/main.js`;

/** @type {import('./index.mjs').Gateway} */
export const weir = {
  title: 'Weir',
  version: () => JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version,
  missing: () =>
    existsSync(main) ? undefined : 'not built (npm ci && npm run build in the repository root)',
  launch: ({ port, supergraphFile, workDir }) => ({
    command: process.execPath,
    args: [main, 'start', '--supergraph', supergraphFile, '--listen', `127.0.0.1:${port}`],
    // Away from the checkout, so that no configuration file of it is picked up.
    cwd: workDir,
  }),
};
