import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installedPath, installedVersion, missingPackage } from '../lib/installed.mjs';

const PACKAGE = '@grafbase/cli-x86_64-unknown-linux-musl';

// It composes for itself and does not read a supergraph, so it gets the subgraphs' own schemas.
const subgraphConfig = (name, subgraphsUrl) => `
[subgraphs.${name}]
url = "${subgraphsUrl}/${name}"
schema_path = "${fileURLToPath(new URL(`../subgraphs/schemas/${name}.graphql`, import.meta.url))}"
`;

/** @type {import('./index.mjs').Gateway} */
export const grafbase = {
  title: 'Grafbase (Rust)',
  version: () => installedVersion(PACKAGE),
  missing: () =>
    process.platform === 'linux' && process.arch === 'x64'
      ? missingPackage(PACKAGE)
      : 'its binary is for Linux x64',
  launch: ({ port, subgraphsUrl, workDir }) => {
    const home = `${workDir}/grafbase`;
    mkdirSync(home, { recursive: true });
    const names = ['accounts', 'inventory', 'products', 'reviews'];
    writeFileSync(`${home}/grafbase.toml`, names.map(name => subgraphConfig(name, subgraphsUrl)).join(''));
    const command = installedPath(`${PACKAGE}/grafbase`);
    // npm does not set the bit for a file that is not declared under `bin`.
    chmodSync(command, 0o755);
    return {
      command,
      args: ['--home', home, 'dev', '-c', `${home}/grafbase.toml`, '--listen-address', `127.0.0.1:${port}`],
      env: { HOME: home },
      cwd: home,
    };
  },
};
