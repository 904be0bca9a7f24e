import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const { resolve } = createRequire(import.meta.url);

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

/** These take ten seconds and more. Begun last, one of them would keep a single core busy at the end. */
const LONG = [
  'cache/random-graphs',
  'execution/differential',
  'resilience/memory-under-faults',
  'policy/rate-limit/stores/many-processes',
  'cli/dev',
  'execution/unasked-keys-differential',
  'cli/compose-plan-config',
  'cli/start-follows',
  'cache/entities/differential',
  'authorization/filtered-answers',
  'resilience/example-faults',
  'cache/response/as-uncached',
  'resilience/faults',
  'fleet/redis-dies-under-load',
  'cache/store/cluster-failover',
  'cli/start',
  'operation/documents/only-registered',
].map(name => `/test/${name}.test.ts`);

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.some(name => moduleId.endsWith(name));
    // Of a project together: a process that is shared ends when a file comes that wants its own.
    return [...new Set(sorted.map(({ project }) => project))].flatMap(of => {
      const all = sorted.filter(({ project }) => project === of);
      return [...all.filter(isLong), ...all.filter(file => !isLong(file))];
    });
  }
}

export default defineConfig({
  resolve: {
    alias: [
      // Bundlers prefer graphql's ES modules where Node takes its CommonJS: both in one process are two realms.
      { find: /^graphql$/, replacement: resolve('graphql') },
      // The gateway takes its CommonJS: its ES modules import what Node 23 took out, and do not load there.
      { find: /^graphql-shield$/, replacement: resolve('graphql-shield') },
    ],
  },
  test: {
    // Only what hangs is ended by these: the longest take ten seconds, and several times that on a machine that is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // By itself, a second, of which the first twentieth is always waited.
    expect: { poll: { timeout: 10_000, interval: 5 } },
    pool: 'forks',
    // Files that wait leave their core to another: by itself, Vitest would take one process on a machine of two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongFirst },
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
