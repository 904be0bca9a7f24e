import { createRequire } from 'node:module';
import { configDefaults, defineConfig } from 'vitest/config';

/** Their files share one process each after the other: nothing in them outlives a test, and modules load once. */
const TOGETHER = [
  'authorization',
  'config',
  'execution/breaker',
  'execution/failures',
  'execution/guard',
  'execution/planners',
  'execution/project',
  'execution/replay',
  'execution/sharing',
  'federation',
  'limits',
  'operation',
  'personas',
  'policy/authorize',
  'policy/cost',
  'policy/override',
  'shared',
  'supergraph',
].map(folder => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  // Bundlers prefer graphql's ES modules where Node takes its CommonJS: both in one process are two realms.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    testTimeout: 20_000,
    pool: 'forks',
    projects: [
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...TOGETHER],
        },
      },
    ],
  },
});
