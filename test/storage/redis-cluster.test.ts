import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
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
});

test('a script that a node has got is not sent again when the connection breaks', async () => {
  let got = 0;
  const ports: number[] = [];
  const half = (from: number, to: number, port: number | undefined) =>
    `*3\r\n:${from}\r\n:${to}\r\n*2\r\n$9\r\n127.0.0.1\r\n:${port}\r\n`;
  const answers: Readonly<Record<string, () => string>> = {
    info: () => '$9\r\nloading:0\r\n',
    cluster: () => `*2\r\n${half(0, 8_000, ports[0])}${half(8_001, 16_383, ports[1])}`,
  };
  const take = (socket: Socket): void => {
    socket.on('error', () => {});
    socket.on('data', data => {
      for (const [, name = ''] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        if (name === 'evalsha') got++;
        if (name === 'evalsha') socket.destroy();
        else socket.write(answers[name]?.() ?? '+OK\r\n');
      }
    });
  };
  const nodes = [createServer(take), createServer(take)];
  for (const node of nodes) {
    await once(node.listen(0, '127.0.0.1'), 'listening');
    ports.push((node.address() as AddressInfo).port);
  }
  const { redis } = await useRedis({ cluster: ports.map(port => `redis://127.0.0.1:${port}`) });
  const script = createRedisScript("return redis.call('INCR', KEYS[1])");
  await expect(redis.read(client => script.run(client, [redis.key('a', 'b')], []))).rejects.toThrow();
  // Were it sent again, it would be by now.
  await new Promise(done => setTimeout(done, 150));
  expect(got).toBe(1);
  redis.client.disconnect();
  for (const node of nodes) node.close();
});

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
    for (const wrong of [{}, { url, cluster }]) expect(() => parse(wrong)).toThrow(/redis: needs one of url/);
    expect(() => parse({ cluster: [] })).toThrow('redis.cluster');
    expect(() => parse({ cluster: ['http://a.test'] })).toThrow('redis.cluster.0');
  });
});
