import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A checkout of Weir, built, to be started with more arguments than the usual ones. */
function checkoutAt(root) {
  const main = join(root, 'dist/src/main.js');
  return {
    version: () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    missing: () => (existsSync(main) ? undefined : `not built (npm ci && npm run build in ${root})`),
    launch: ({ port, supergraphFile, workDir }, more = []) => ({
      command: process.execPath,
      // As the command itself says in its first line.
      args: [
        '--max-semi-space-size=64',
        main,
        'start',
        '--supergraph',
        supergraphFile,
        '--listen',
        `127.0.0.1:${port}`,
        ...more,
      ],
      // Away from the checkout, so that no configuration file of it is picked up.
      cwd: workDir,
    }),
  };
}

/** This checkout. */
export const weirBuilt = checkoutAt(fileURLToPath(new URL('../..', import.meta.url)));

/** @type {import('./index.mjs').Gateway} */
export const weir = { ...weirBuilt, title: 'Weir' };

/**
 * Every answer computed anew: what Weir costs when the data of each request is new.
 * @type {import('./index.mjs').Gateway}
 */
export const weirNoReplay = {
  ...weirBuilt,
  title: 'Weir, execution.replay off',
  launch(place) {
    const file = join(place.workDir, 'gateway.yaml');
    writeFileSync(file, 'execution: { replay: 0B }\n');
    return weirBuilt.launch(place, ['--config', file]);
  },
};

const baseline = process.env.WEIR_BASELINE;

/**
 * Another checkout, such as one of an earlier commit: did a change make requests dearer?
 * @type {import('./index.mjs').Gateway}
 */
export const weirBaseline = {
  ...checkoutAt(baseline ?? ''),
  title: 'Weir, the checkout to compare with',
  ...(baseline === undefined ? { missing: () => 'WEIR_BASELINE names no checkout' } : {}),
};
