import { z } from 'zod';
import { duration } from './values.ts';

const redisUrl = z
  .string()
  .regex(/^rediss?:\/\//, { error: 'is not a redis:// or rediss:// URL' })
  .meta({ id: 'RedisUrl', examples: ['redis://127.0.0.1:6379'] });

const redis = z.strictObject({
  url: redisUrl.describe('Where it is; rediss:// for TLS.'),
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

/** Where state is kept that outlives a process or is shared by several. Absent: memory and files. */
export const storageConfig = z.strictObject({
  redis: redis.optional().describe('State that several gateways share.'),
});

export type RedisConfig = NonNullable<z.output<typeof storageConfig>['redis']>;
