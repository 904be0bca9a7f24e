import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { storageConfig } from '../../src/config/storage.ts';
import { clusterOptions } from '../../src/storage/redis-options.ts';
import { createRedisScript } from '../../src/storage/redis-script.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { useRedis } from './use-redis.ts';

test('a cluster is found by one of its nodes, and scripts run where their keys are', async () => {
  await using cluster = await startRedisCluster();
  await using used = await useRedis({ cluster: cluster.urls.slice(1, 2) });
  const { redis } = used;
  expect(redis.isCluster).toBe(true);
  const script = createRedisScript(
    "return redis.call('INCRBY', KEYS[1], ARGV[1]) + redis.call('INCR', KEYS[2])",
  );
  const tags = Array.from({ length: 30 }, (_, i) => `tag-${i}`);
  const run = () =>
    redis.read(client =>
      Promise.all(tags.map((tag, i) => script.run(client, [redis.key(tag, 'a'), redis.key(tag, 'b')], [i]))),
    );
  expect(await run()).toEqual(tags.map((_, i) => i + 1));
  expect(await run()).toEqual(tags.map((_, i) => 2 * i + 2));
  await redis.close();
  await expect(redis.read(client => client.ping())).rejects.toMatchObject({ reason: 'disconnected' });
  expect(used.lines.map(({ message }) => message)).toEqual(['Redis is ready']);
}, 40_000);

test('a cluster that is not there is said so, with all that was tried and no password', async () => {
  const nowhere = ['redis://user:sesame@127.0.0.1:9', 'redis://user:sesame@127.0.0.2:9'];
  await using used = await useRedis({ cluster: nowhere, ready: false });
  await expect(used.redis.ready(300)).rejects.toThrow('127.0.0.1:9,127.0.0.2:9');
  await expect(used.redis.read(client => client.ping())).rejects.toMatchObject({ reason: 'disconnected' });
  expect(JSON.stringify(used.lines)).not.toContain('sesame');
});

describe('the URLs of a cluster', () => {
  test('say user, password and TLS once for all, and keep every bound', () => {
    const { nodes, options } = clusterOptions([
      'rediss://me:p%40ss@a.test:7000',
      'rediss://me:p%40ss@b.test',
    ]);
    expect(nodes).toEqual([
      { host: 'a.test', port: 7000 },
      { host: 'b.test', port: 6379 },
    ]);
    expect(options).toMatchObject({ enableOfflineQueue: false, maxRedirections: 3 });
    expect(options.redisOptions).toMatchObject({ username: 'me', password: 'p@ss', commandTimeout: 2_000 });
  });

  test.each([
    ['redis://:sesame@a.test', 'redis://:other@b.test'],
    ['redis://a.test', 'rediss://b.test'],
    ['redis://a.test/1', 'redis://b.test/1'],
  ])('do not differ in what is the same for all, nor name a database: %s %s', (...urls) => {
    expect(() => clusterOptions(urls)).toThrow('storage.redis.cluster');
    expect(() => clusterOptions(urls)).not.toThrow(/sesame/);
  });

  test('stand instead of the URL of one server, not beside it', () => {
    const parse = (redis: object): unknown => parseConfig(storageConfig, { redis }, 'gateway.yaml');
    const [url, cluster] = ['redis://a.test', ['redis://b.test']];
    expect(parse({ url })).toMatchObject({ redis: { url } });
    expect(parse({ cluster })).toMatchObject({ redis: { cluster } });
    for (const wrong of [{}, { url, cluster }]) expect(() => parse(wrong)).toThrow(/redis: needs either url/);
    expect(() => parse({ cluster: [] })).toThrow('redis.cluster');
    expect(() => parse({ cluster: ['http://a.test'] })).toThrow('redis.cluster.0');
  });
});
