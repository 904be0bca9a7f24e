import { describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { storageConfig } from '../../src/config/storage.ts';
import { sentinelOptions } from '../../src/storage/redis-options.ts';
import { startOwnTime } from '../support/own-time.ts';
import { startFakeSentinel } from './fake-sentinel.ts';
import { MASTER, type SentinelPlace, startSentinelPair } from './redis-sentinel.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';
import { type UsedRedis, useRedis } from './use-redis.ts';

const PATIENCE = { timeout: 15_000, interval: 10 };
const NOWHERE = 'redis://:mellon@127.0.0.1:9';

const at = (...urls: readonly string[]): SentinelPlace => ({ nodes: [...urls], name: MASTER, database: 0 });
const messages = ({ lines }: UsedRedis): readonly string[] => lines.map(({ message }) => message);
const LOST = 'Redis is lost; going on without it and trying again';

/** The port of the server that answers, or why none does. */
const portOf = ({ redis }: UsedRedis): Promise<string> =>
  redis
    .read(async client => String(((await client.call('CONFIG', 'GET', 'port')) as string[])[1]))
    .catch(({ reason }) => reason);

test('commands and messages follow the master to where the sentinels have put it', async () => {
  await using pair = await startSentinelPair({
    sentinels: 3,
    password: 'sesame',
    sentinelPassword: 'mellon',
  });
  await using used = await useRedis({ sentinel: pair.config, readTimeout: 150 });
  const { redis, lines } = used;
  const heard: string[] = [];
  const onListening = vi.fn();
  redis.subscribe('news', { onMessage: text => void heard.push(text), onListening });
  await vi.waitFor(() => expect(onListening).toHaveBeenCalledTimes(1), PATIENCE);
  const name = redis.key('a', 'b');
  await redis.write(client => client.set(name, 'kept'));
  await vi.waitFor(async () => expect(await redis.client.wait(1, 1_000)).toBe(1), PATIENCE);
  await pair.master.kill();
  const ask = () => redis.read(client => client.get(name)).catch(({ reason }) => reason);
  await vi.waitFor(async () => expect(await ask()).toBe('disconnected'), PATIENCE);
  await vi.waitFor(async () => expect(await ask()).toBe('kept'), PATIENCE);
  await redis.write(client => client.set(name, 'written'));
  await vi.waitFor(() => expect(onListening).toHaveBeenCalledTimes(2), PATIENCE);
  await redis.publish('news', 'after');
  await vi.waitFor(() => expect(heard).toEqual(['after']), PATIENCE);
  expect(messages(used)).toEqual(['Redis is ready', LOST, 'Redis is ready']);
  expect(lines[0]?.fields).toMatchObject({ master: `127.0.0.1:${pair.master.port}` });
  expect(lines[2]?.fields).toMatchObject({ master: `127.0.0.1:${pair.replica.port}` });
  expect(JSON.stringify(lines)).not.toMatch(/sesame|mellon/);
});

describe('a master that is not found', () => {
  test('because it has another name is told of once, with the name and no password', async () => {
    await using sentinel = await startFakeSentinel(null);
    const url = sentinel.url.replace('//', '//:mellon@');
    await using used = await useRedis({ sentinel: { ...at(url), password: 'sesame' }, ready: false });
    await vi.waitFor(() => expect(sentinel.asked).toBeGreaterThan(3), PATIENCE);
    expect(messages(used)).toEqual([LOST]);
    expect(used.lines[0]).toMatchObject({
      level: 'warn',
      fields: { reason: expect.stringContaining(`knows no master named "${MASTER}"`) },
    });
    await expect(used.redis.ready(10)).rejects.toThrow(`knows no master named "${MASTER}"`);
    await expect(used.redis.read(client => client.ping())).rejects.toMatchObject({ reason: 'disconnected' });
    expect(JSON.stringify(used.lines)).not.toMatch(/sesame|mellon/);
  });

  test('because no sentinel is there, or one is none, is told with all that was tried', async () => {
    await using server = await startRedisServer();
    await using used = await useRedis({ sentinel: at(NOWHERE, server.url), ready: false });
    await vi.waitFor(() => expect(messages(used)).toEqual([LOST]), PATIENCE);
    const reason = JSON.stringify(used.lines[0]?.fields);
    expect(reason).toMatch(/127\.0\.0\.1:9 cannot be asked: nothing listens there/);
    expect(reason).toMatch(new RegExp(`127\\.0\\.0\\.1:${server.port} cannot be asked: ERR unknown command`));
    expect(reason).not.toContain('mellon');
  });

  test('because the sentinels ask for another password is told, without it', async () => {
    await using server = await startRedisServer(['--requirepass', 'other']);
    const url = server.url.replace('//', '//:mellon@');
    await using used = await useRedis({ sentinel: at(url), ready: false });
    await vi.waitFor(() => expect(messages(used)).toEqual([LOST]), PATIENCE);
    expect(used.lines[0]?.fields).toMatchObject({ reason: expect.stringContaining('WRONGPASS') });
    expect(JSON.stringify(used.lines)).not.toMatch(/mellon|"other"/);
  });
});

test('a sentinel that hangs and one that is gone hold up nothing while another answers', async () => {
  await using server = await startRedisServer();
  await using hung = await startFakeSentinel(server.url);
  hung.hang();
  await using sentinel = await startFakeSentinel(server.url);
  using time = startOwnTime();
  await using used = await useRedis({ sentinel: at(hung.url, NOWHERE, sentinel.url), ready: false });
  await used.redis.ready(10_000);
  expect(time.ms).toBeLessThan(900);
  expect(await portOf(used)).toBe(String(server.port));
});

test('sentinels that all hang are given up and asked again', async () => {
  await using server = await startRedisServer();
  await using hung = await startFakeSentinel(server.url);
  hung.hang();
  await using used = await useRedis({ sentinel: at(hung.url), ready: false });
  await vi.waitFor(() => expect(messages(used)).toEqual([LOST]), PATIENCE);
  expect(used.lines[0]?.fields).toMatchObject({ reason: expect.stringContaining('Command timed out') });
});

describe('when the master moves', () => {
  async function startTwo() {
    const a = await startRedisServer();
    const b = await startRedisServer();
    const sentinel = await startFakeSentinel(a.url);
    const used = await useRedis({ sentinel: at(sentinel.url), readTimeout: 200 });
    await vi.waitFor(() => expect(sentinel.listeners).toBe(1), PATIENCE);
    const dispose = async (): Promise<void> => {
      for (const one of [used, sentinel, a, b]) await one[Symbol.asyncDispose]();
    };
    return { a, b, sentinel, used, [Symbol.asyncDispose]: dispose };
  }

  test.each([
    ['lives on, cut off from the sentinels', (): void => {}],
    ['hangs', (server: RedisServer): void => server.signal('SIGSTOP')],
  ])('and the old one %s, it is left at once', async (_, harm) => {
    await using two = await startTwo();
    const { a, b, sentinel, used } = two;
    const onListening = vi.fn();
    used.redis.subscribe('news', { onMessage() {}, onListening });
    await vi.waitFor(() => expect(onListening).toHaveBeenCalledTimes(1), PATIENCE);
    harm(a);
    sentinel.sayMasterIs(b.url);
    using time = startOwnTime();
    sentinel.announce('another', a.url, b.url);
    sentinel.announce(MASTER, a.url, b.url);
    await vi.waitFor(async () => expect(await portOf(used)).toBe(String(b.port)), PATIENCE);
    await vi.waitFor(() => expect(onListening).toHaveBeenCalledTimes(2), PATIENCE);
    // What is silent by itself is given up after three seconds.
    expect(time.ms).toBeLessThan(1_500);
    expect(messages(used)).toEqual(['Redis is ready', LOST, 'Redis is ready']);
    expect(used.lines[1]?.fields).toMatchObject({
      reason: `the sentinels have made 127.0.0.1:${b.port} the master`,
    });
    sentinel.announce(MASTER, a.url, b.url);
    await new Promise(done => setTimeout(done, 100));
    expect(messages(used)).toHaveLength(3);
  });

  test('and a sentinel has not heard of it, that one is not believed', async () => {
    await using two = await startTwo();
    const { a, b, sentinel } = two;
    await using outdated = await startFakeSentinel(a.url);
    await using used = await useRedis({ sentinel: at(sentinel.url, outdated.url) });
    await vi.waitFor(() => expect(sentinel.listeners).toBe(2), PATIENCE);
    sentinel.sayMasterIs(b.url);
    sentinel.delay(100);
    sentinel.announce(MASTER, a.url, b.url);
    await vi.waitFor(() => expect(messages(used)).toHaveLength(3), PATIENCE);
    expect(await portOf(used)).toBe(String(b.port));
    // Unless all say that it is there again.
    sentinel.sayMasterIs(a.url);
    used.redis.client.disconnect(true);
    await vi.waitFor(async () => expect(await portOf(used)).toBe(String(a.port)), PATIENCE);
  });

  test('and others move, nothing happens', async () => {
    await using two = await startTwo();
    const { a, b, sentinel, used } = two;
    sentinel.announce('another', a.url, b.url);
    await new Promise(done => setTimeout(done, 100));
    expect(await portOf(used)).toBe(String(a.port));
    expect(messages(used)).toEqual(['Redis is ready']);
  });
});

test('a sentinel that has not heard of the failover does not lead back to a replica', async () => {
  await using master = await startRedisServer();
  await using replica = await startRedisServer(['--replicaof', `127.0.0.1 ${master.port}`]);
  await using outdated = await startFakeSentinel(replica.url);
  await using used = await useRedis({ sentinel: at(outdated.url), ready: false });
  await vi.waitFor(() => expect(messages(used)).toEqual([LOST]), PATIENCE);
  expect(used.lines[0]?.fields).toMatchObject({
    reason: `127.0.0.1:${replica.port} is a replica, which the sentinels call the master`,
  });
  await using sentinel = await startFakeSentinel(master.url);
  await using another = await useRedis({ sentinel: at(outdated.url, sentinel.url), ready: false });
  await another.redis.ready(10_000);
  expect(await portOf(another)).toBe(String(master.port));
  // It may become the master again.
  outdated.sayMasterIs(master.url);
  await used.redis.ready(10_000);
  expect(await portOf(used)).toBe(String(master.port));
});

test('after closing nobody listens and nobody asks', async () => {
  await using server = await startRedisServer();
  await using sentinel = await startFakeSentinel(server.url);
  const used = await useRedis({ sentinel: at(sentinel.url) });
  await vi.waitFor(() => expect(sentinel.listeners).toBe(1), PATIENCE);
  await used.redis.close();
  await vi.waitFor(() => expect(sentinel.listeners).toBe(0), PATIENCE);
  const { asked } = sentinel;
  await new Promise(done => setTimeout(done, 200));
  expect(sentinel.asked).toBe(asked);
  expect(messages(used)).toEqual(['Redis is ready']);
});

describe('the configuration', () => {
  const parse = (redis: object): unknown => parseConfig(storageConfig, { redis }, 'gateway.yaml');
  const [nodes, name] = [['redis://a.test'], MASTER];

  test('says the credentials of sentinels and those of servers, and keeps every bound', () => {
    const { sentinels, server } = sentinelOptions({
      nodes: ['rediss://me:p%40ss@a.test:7000', 'rediss://b.test'],
      name: MASTER,
      username: 'weir',
      password: 'sesame',
      database: 3,
    });
    expect(sentinels).toMatchObject([
      { host: 'a.test', port: 7_000, username: 'me', password: 'p@ss', tls: { servername: 'a.test' } },
      { host: 'b.test', port: 26_379, tls: { servername: 'b.test' } },
    ]);
    expect(sentinels[1]).not.toHaveProperty('password');
    for (const one of sentinels)
      expect(one).toMatchObject({ connectTimeout: 1_000, commandTimeout: 1_000, enableOfflineQueue: false });
    expect(server).toMatchObject({
      username: 'weir',
      password: 'sesame',
      db: 3,
      tls: {},
      enableOfflineQueue: false,
      commandTimeout: 2_000,
      connectTimeout: 2_000,
      maxRetriesPerRequest: 0,
    });
    expect(server.reconnectOnError?.(new Error('READONLY You can not write'))).toBe(true);
  });

  test.each([
    [['rediss://:mellon@a.test', 'redis://b.test'], 'some of its URLs are rediss:// and some redis://'],
    [['redis://:mellon@a.test/1'], 'sentinels have no numbered databases'],
    [['redis://u:mellon@a.test:port'], 'is not a URL'],
  ])('names what cannot be used, and quotes nothing: %s', (urls, reason) => {
    const options = () => sentinelOptions({ nodes: urls, name: MASTER, database: 0 });
    expect(options).toThrow('storage.redis.sentinel.nodes');
    expect(options).toThrow(reason);
    expect(options).not.toThrow(/mellon/);
  });

  test('has one of url, cluster and sentinel', () => {
    expect(parse({ sentinel: { nodes, name } })).toMatchObject({ redis: { sentinel: { database: 0 } } });
    const others = [{ url: 'redis://a.test' }, { cluster: ['redis://a.test'] }];
    for (const other of others)
      expect(() => parse({ sentinel: { nodes, name }, ...other })).toThrow(/redis: needs one of url/);
  });

  test('names what is missing or wrong', () => {
    expect(() => parse({ sentinel: { nodes } })).toThrow('redis.sentinel.name');
    expect(() => parse({ sentinel: { nodes: [], name } })).toThrow('redis.sentinel.nodes');
    expect(() => parse({ sentinel: { nodes, name: 'my master' } })).toThrow('is no name of a master');
    expect(() => parse({ sentinel: { nodes, name, username: 'u' } })).toThrow('username needs a password');
  });
});
