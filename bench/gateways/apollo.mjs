import { fileURLToPath } from 'node:url';
import { installedVersion, missingPackage } from '../lib/installed.mjs';

/** @type {import('./index.mjs').Gateway} */
export const apollo = {
  title: 'Apollo Gateway + Server',
  version: () => `${installedVersion('@apollo/gateway')} + ${installedVersion('@apollo/server')}`,
  missing: () => missingPackage('@apollo/gateway'),
  launch: ({ port, supergraphFile }) => ({
    command: process.execPath,
    args: [fileURLToPath(new URL('./apollo-server.mjs', import.meta.url)), supergraphFile, String(port)],
    env: { APOLLO_TELEMETRY_DISABLED: 'true' },
  }),
};
