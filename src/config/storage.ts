import { z } from 'zod';
import { duration } from './values.ts';

const redisUrl = z
  .string()
  .regex(/^rediss?:\/\//, { error: 'is not a redis:// or rediss:// URL' })
  .meta({ id: 'RedisUrl', examples: ['redis://127.0.0.1:6379'] });

const redisSettings = z.strictObject({
  url: redisUrl.optional().describe('Where it is; rediss:// for TLS.'),
  cluster: z
    .array(redisUrl)
    .min(1)
    .max(50)
    .optional()
    .describe('Instead of `url`: some nodes of a Redis Cluster, by which the others are found.'),
  prefix: z
    .string()
    // The first braces of a key say which slot of a cluster it is in; they are the gateway's to set.
    .refine(text => /^[^{}]+$/.test(text), { error: 'holds { or }, or nothing' })
    .default('weir')
    .describe('Begins every key, so that several gateways can share a Redis.'),
  readTimeout: duration
    .prefault('150ms')
    .describe('Longest time a request waits for it. After that it goes on without.'),
});

const redis = redisSettings.refine(({ url, cluster }) => (url === undefined) !== (cluster === undefined), {
  error: 'needs either url, or cluster for a Redis Cluster',
});

/** Where state is kept that outlives a process or is shared by several. Absent: memory and files. */
export const storageConfig = z.strictObject({
  redis: redis.optional().describe('State that several gateways share.'),
});

export type RedisConfig = NonNullable<z.output<typeof storageConfig>['redis']>;
