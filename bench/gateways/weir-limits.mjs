import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { weirBuilt } from './weir.mjs';

/** Three buckets a request, of three algorithms, one of them in points that are settled; none ever refuses. */
const POLICY = `
tiers:
  free: { default: true, rateLimit: { limit: 1000000000, window: 1m } }
policy:
  cost: { mode: enforce, max: 1000 }
  rateLimit:
    limits:
      address: { limit: 1000000000, window: 1m, by: [ip], algorithm: token-bucket }
      points: { limit: 1000000000, window: 1m, spend: cost, algorithm: leaky-bucket }
`;

const redisUrl = process.env.WEIR_BENCH_REDIS;

/** @returns {import('./index.mjs').Gateway} */
const weirLimiting = (title, config) => ({
  ...weirBuilt,
  title,
  launch(place) {
    const file = join(place.workDir, 'gateway.yaml');
    writeFileSync(file, config);
    return weirBuilt.launch(place, ['--config', file]);
  },
});

export const weirLimits = weirLimiting('Weir, cost and three buckets in memory', POLICY);

/** The same, and all gateways share the buckets: one round trip a request. */
export const weirLimitsRedis = {
  ...weirLimiting(
    'Weir, cost and three buckets in Redis',
    `${POLICY}storage: { redis: { url: "${redisUrl}" } }\n`,
  ),
  ...(redisUrl === undefined ? { missing: () => 'WEIR_BENCH_REDIS names no Redis' } : {}),
};
