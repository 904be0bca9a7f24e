import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Each of them has a process to itself: it replaces modules, or looks at what its process has loaded, has open or takes
 * up. All others share processes, in which modules load once, so nothing in them may outlive its test.
 */
const ALONE = [
  'cache/store/memory-*',
  'gateway/failed-start',
  'identity/api-keys/equal-work',
  'identity/jwt/remembered-tokens',
  'resilience/memory-under-faults',
  'telemetry/tracing-off',
].map(name => `test/${name}.test.ts`);

export default defineConfig({
  // Bundlers prefer graphql's ES modules where Node takes its CommonJS: both in one process are two realms.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    testTimeout: 20_000,
    pool: 'forks',
    // Files that wait leave their core to another: by itself, Vitest would take one process on a machine of two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...ALONE],
          isolate: false,
        },
      },
    ],
  },
});
