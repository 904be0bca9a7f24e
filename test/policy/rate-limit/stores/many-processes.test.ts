import { expect, test } from 'vitest';
import { type BucketPlan, planBucket } from '../../../../src/policy/rate-limit/bucket.ts';
import { startRedisCluster } from '../../../storage/redis-cluster.ts';
import { startRedisServer } from '../../../storage/redis-server.ts';
import { useRedis } from '../../../storage/use-redis.ts';
import { REPOSITORY, startProcess } from '../../../support/start-cli.ts';
import { type Admitted, violation } from '../definitions.ts';
import type { Round, TakerReport, TakerTask } from './taker.ts';

const PROCESSES = 8;
const TAKER = `${REPOSITORY}/test/policy/rate-limit/stores/taker.ts`;

const round = (algorithm: Round['shared']['algorithm'], exactLogUpTo: number): Round => ({
  // One that comes back all the time, and one that is used up and stays so for the length of the test.
  shared: { id: 'shared', algorithm, limit: 700, windowMs: 300, burst: null },
  own: { id: 'own', algorithm, limit: 900, windowMs: 36_000_000, burst: null },
  exactLogUpTo,
});

const ROUNDS: readonly Round[] = [
  round('token-bucket', 0),
  round('leaky-bucket', 0),
  round('sliding-window', 10_000),
  round('sliding-window', 0),
  round('fixed-window', 0),
];

test('eight processes never get more out of one Redis than each algorithm allows', async () => {
  await using server = await startRedisServer();
  const redis = { url: server.url, prefix: 'many', readTimeout: 10_000 };
  await using watcher = await useRedis({ url: server.url });
  const reports = await takeTogether({ redis, rounds: ROUNDS, requests: 6_250, inFlight: 25 }, () =>
    watcher.redis.client.set('many:{test}:go', 1),
  );
  checkAll(reports, 50_000);
}, 300_000);

test('nor out of a cluster, where takes of several owners are given back', async () => {
  await using cluster = await startRedisCluster();
  const redis = { cluster: [...cluster.urls], prefix: 'many', readTimeout: 10_000 };
  await using watcher = await useRedis({ cluster: cluster.urls });
  const reports = await takeTogether({ redis, rounds: ROUNDS, requests: 6_250, inFlight: 25 }, () =>
    watcher.redis.client.set('many:{test}:go', 1),
  );
  checkAll(reports, 50_000);
}, 300_000);

/** One line of reports for each process, one report for each round. */
async function takeTogether(
  task: TakerTask,
  go: () => Promise<unknown>,
): Promise<readonly (readonly TakerReport[])[]> {
  const takers = Array.from({ length: PROCESSES }, () =>
    startProcess(['--import', 'jiti/register', TAKER], { env: { TASK: JSON.stringify(task) } }),
  );
  try {
    await Promise.all(takers.map(taker => taker.said('ready')));
    await go();
    return await Promise.all(
      takers.map(async taker => {
        expect(await taker.ended(), taker.output.stderr).toBe(0);
        const [, ...lines] = taker.output.stdout.trim().split('\n');
        return lines.map(line => JSON.parse(line) as TakerReport);
      }),
    );
  } finally {
    await Promise.all(takers.map(taker => taker[Symbol.asyncDispose]()));
  }
}

function checkAll(reports: readonly (readonly TakerReport[])[], requests: number): void {
  for (const [r, { shared, own, exactLogUpTo }] of ROUNDS.entries()) {
    const histories = new Map<string, Admitted[]>();
    let refused = 0;
    for (const report of reports) {
      refused += report[r]?.refused ?? 0;
      for (const [owner, flat] of Object.entries(report[r]?.admitted ?? {})) {
        const history = histories.get(owner) ?? [];
        for (let i = 0; i < flat.length; i += 2)
          history.push({ at: flat[i] as number, units: flat[i + 1] as number });
        histories.set(owner, history);
      }
    }
    const all = histories.get('all')?.length ?? 0;
    expect(all + refused).toBe(requests);
    expect(refused).toBeGreaterThan(requests / 4);
    for (const [owner, history] of histories) {
      const plan: BucketPlan = planBucket(owner === 'all' ? shared : own, exactLogUpTo);
      history.sort((a, b) => a.at - b.at);
      expect([plan.method, owner, violation(plan, history)]).toEqual([plan.method, owner, null]);
    }
  }
}
