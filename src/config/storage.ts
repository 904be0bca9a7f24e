import { z } from 'zod';
import { redisTls } from './tls.ts';
import { someTimeLimit } from './values.ts';

const redisUrl = z
  .string()
  .regex(/^rediss?:\/\//, { error: 'is not a redis:// or rediss:// URL, as in redis://localhost:6379' })
  .meta({ id: 'RedisUrl', examples: ['redis://127.0.0.1:6379'] });

const sentinel = z
  .strictObject({
    nodes: z
      .array(redisUrl)
      .min(1)
      .max(20)
      .describe(
        'All the sentinels, at port 26379 if none is written, with the user and password that they ask for themselves. rediss:// for TLS, to them and to the servers.',
      ),
    name: z
      .string()
      .regex(/^[\w.-]{1,100}$/, { error: 'is no name of a master: letters, digits and ._- only' })
      .describe('What the sentinels call the master, as in `sentinel monitor <name>`.'),
    username: z.string().min(1).optional().describe('User of the servers, not of the sentinels.'),
    password: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Password of the servers, not of the sentinels; write it as a reference to an environment variable.',
      ),
    database: z.number().int().min(0).max(65_535).default(0).describe('Number of the database.'),
  })
  .refine(({ username, password }) => username === undefined || password !== undefined, {
    error: 'username needs a password',
  });

const redisSettings = z.strictObject({
  url: redisUrl.optional().describe('Where it is; rediss:// for TLS.'),
  cluster: z
    .array(redisUrl)
    .min(1)
    .max(50)
    .optional()
    .describe('Instead of `url`: some nodes of a Redis Cluster, by which the others are found.'),
  sentinel: sentinel
    .optional()
    .describe('Instead of `url`: a master with replicas, which Redis Sentinel looks after.'),
  tls: redisTls
    .optional()
    .describe('Certificates of connections to Redis; for rediss:// URLs. Absent: what Node trusts.'),
  prefix: z
    .string()
    // The first braces of a key say which slot of a cluster it is in; they are the gateway's to set.
    .refine(text => /^[^{}]+$/.test(text), { error: 'holds { or }, or nothing' })
    .default('weir')
    .describe('Begins every key, so that several gateways can share a Redis.'),
  readTimeout: someTimeLimit
    .prefault('150ms')
    .describe('Longest time a request waits for it. After that it goes on without.'),
});

const redis = redisSettings
  .refine(
    ({ url, cluster, sentinel }) => [url, cluster, sentinel].filter(one => one !== undefined).length === 1,
    { error: 'needs one of url, cluster (for a Redis Cluster) and sentinel' },
  )
  .refine(
    ({ url, cluster, sentinel, tls }) => {
      const urls = cluster ?? sentinel?.nodes ?? [url ?? ''];
      return tls === undefined || urls.every(one => one.startsWith('rediss:'));
    },
    { path: ['tls'], error: 'does nothing for redis:// URLs; write rediss://, or leave it out' },
  );

/** Where state is kept that outlives a process or is shared by several. Absent: memory and files. */
export const storageConfig = z.strictObject({
  redis: redis.optional().describe('State that several gateways share.'),
});

export type RedisConfig = NonNullable<z.output<typeof storageConfig>['redis']>;
export type SentinelConfig = NonNullable<RedisConfig['sentinel']>;
