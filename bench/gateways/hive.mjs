import { fileURLToPath } from 'node:url';
import { installedPath, installedVersion, missingPackage } from '../lib/installed.mjs';

/**
 * Hive Gateway with one of the configurations beside this file.
 * @returns {import('./index.mjs').Gateway}
 */
function hiveWith({ title, config, versionOf }) {
  return {
    title,
    version: () => versionOf.map(installedVersion).join(' + '),
    missing: () => versionOf.map(missingPackage).find(reason => reason !== undefined),
    launch: ({ port, supergraphFile, workDir }) => ({
      command: process.execPath,
      args: [
        installedPath('@graphql-hive/gateway/dist/bin.js'),
        'supergraph',
        supergraphFile,
        ...['--host', '127.0.0.1', '--port', String(port), '--fork', '1'],
        ...['--config-path', fileURLToPath(new URL(config, import.meta.url))],
      ],
      cwd: workDir,
    }),
  };
}

export const hive = hiveWith({
  title: 'Hive Gateway, own planner',
  config: './hive.config.mjs',
  versionOf: ['@graphql-hive/gateway'],
});

export const hiveNative = hiveWith({
  title: 'Hive Gateway, native planner',
  config: './hive-native.config.mjs',
  versionOf: ['@graphql-hive/gateway', '@graphql-hive/router-runtime'],
});

export const hiveNativeShared = hiveWith({
  title: 'Hive Gateway, native planner, sharing equal operations in flight',
  config: './hive-native-shared.config.mjs',
  versionOf: ['@graphql-hive/gateway', '@graphql-hive/router-runtime'],
});
