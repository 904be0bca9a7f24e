import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { redisOptions, retryDelay } from '../../src/storage/redis-options.ts';
import { PATIENCE } from '../support/patience.ts';
import { standStill } from '../support/stand-still.ts';
import { startRedisProxy } from './redis-proxy.ts';
import { startRedisServer } from './redis-server.ts';
import { useRedis } from './use-redis.ts';

/** Nothing listens there: port 9 is nobody's. */
const NOWHERE = 'redis://user:sesame@127.0.0.1:9/0';

test('keys begin with the prefix and a hash tag, so that those of one feature are in one slot', async () => {
  await using used = await useRedis();
  expect(used.redis.key('apikeys', 'records')).toMatch(/^test-\w+:\{apikeys\}:records$/);
});

test('commands of one turn of the loop travel together and get their own answers', async () => {
  await using used = await useRedis();
  const { redis } = used;
  const names = Array.from({ length: 20 }, (_, index) => redis.key('many', String(index)));
  await redis.write(client => Promise.all(names.map((name, index) => client.set(name, index))));
  const found = await redis.read(client => Promise.all(names.map(name => client.get(name))));
  expect(found).toEqual(names.map((_, index) => String(index)));
});

describe('without Redis', () => {
  test('connecting returns at once, work is refused at once, and the log has one line without the password', async () => {
    await using used = await useRedis({ url: NOWHERE, ready: false });
    const failures = vi.fn();
    used.redis.client.on('error', failures);
    const work = vi.fn(() => Promise.resolve(1));
    await expect(used.redis.read(work)).rejects.toMatchObject({ reason: 'disconnected' });
    expect(work).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(failures.mock.calls.length).toBeGreaterThan(2), PATIENCE);
    expect(used.lines).toHaveLength(1);
    expect(used.lines[0]).toMatchObject({ level: 'warn', fields: { redis: '127.0.0.1:9' } });
    expect(JSON.stringify(used.lines)).not.toContain('sesame');
  });

  test('waiting for it ends in time and says why', async () => {
    await using used = await useRedis({ url: NOWHERE, ready: false });
    await vi.waitFor(() => expect(used.lines).toHaveLength(1), PATIENCE);
    await expect(used.redis.ready(1)).rejects.toThrow(/127\.0\.0\.1:9 .*ECONNREFUSED/);
  });
});

describe('what ioredis would print to the console', () => {
  test('a password that Redis does not ask for is one line of the log, however many connections there are', async () => {
    using printed = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await using server = await startRedisServer();
    await using used = await useRedis({ url: server.url.replace('redis://', 'redis://:sesame@') });
    const heard = vi.fn();
    used.redis.subscribe('news', { onMessage() {}, onListening: heard });
    await vi.waitFor(() => expect(heard).toHaveBeenCalled(), PATIENCE);
    expect(printed).not.toHaveBeenCalled();
    expect(used.lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('Redis asks for no password') }),
    ]);
    expect(JSON.stringify(used.lines)).not.toContain('sesame');
  });

  test('a user who may not run INFO is told of, and connected all the same', async () => {
    using printed = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await using server = await startRedisServer([
      '--user',
      'weir',
      'on',
      '>sesame',
      '~*',
      '&*',
      '+@all',
      '-info',
    ]);
    await using used = await useRedis({ url: server.url.replace('redis://', 'redis://weir:sesame@') });
    expect(await used.redis.read(client => client.ping())).toBe('PONG');
    await expect(used.redis.read(client => client.info())).rejects.toThrow(/NOPERM/);
    expect(printed).not.toHaveBeenCalled();
    expect(used.lines.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('may not run INFO'),
    );
  });
});

test('a database that is not there is not taken for another one', async () => {
  await using server = await startRedisServer(['--databases', '2']);
  await using used = await useRedis({ url: `${server.url}/7`, ready: false });
  await vi.waitFor(() => expect(used.lines).toHaveLength(1), PATIENCE);
  expect(used.lines[0]).toMatchObject({ level: 'warn', fields: { reason: 'ERR DB index is out of range' } });
  await expect(used.redis.ready(500)).rejects.toThrow(/DB index is out of range/);
  expect(used.lines).toHaveLength(1);
});

test('a connection that is lost comes back by itself, with one line for each change', async () => {
  await using proxy = await startRedisProxy();
  await using used = await useRedis({ url: proxy.url });
  const messages = (): readonly string[] => used.lines.map(({ message }) => message);
  await proxy.cut();
  await vi.waitFor(() => expect(messages()).toHaveLength(2), PATIENCE);
  expect(await used.metrics.registry.metrics()).toContain('weir_redis_ready 0');
  await expect(used.redis.read(client => client.ping())).rejects.toMatchObject({ reason: 'disconnected' });
  await proxy.open();
  await used.redis.ready(10_000);
  expect(await used.redis.read(client => client.ping())).toBe('PONG');
  expect(messages()).toEqual(['Redis is ready', expect.stringContaining('Redis is lost'), 'Redis is ready']);
  expect(await used.metrics.registry.metrics()).toContain('weir_redis_ready 1');
});

test('what is on its way when the connection breaks fails then, and is not sent again', async () => {
  await using proxy = await startRedisProxy();
  await using used = await useRedis({ url: proxy.url });
  const name = used.redis.key('count', 'a');
  proxy.silence();
  const lost = used.redis.write(client => client.incr(name));
  const refused = expect(lost).rejects.toMatchObject({ reason: 'disconnected' });
  await using other = await useRedis();
  // Redis has counted; only the answer is missing.
  await vi.waitFor(async () => expect(await other.redis.client.get(name)).toBe('1'), PATIENCE);
  await proxy.cut();
  await refused;
  proxy.speak();
  await proxy.open();
  await used.redis.ready(10_000);
  expect(await used.redis.read(client => client.get(name))).toBe('1');
});

describe('a Redis that does not answer', () => {
  test('holds up a request for its budget, however many commands that is', async () => {
    await using proxy = await startRedisProxy();
    await using used = await useRedis({ url: proxy.url, readTimeout: 30 });
    proxy.silence();
    const read = used.redis.read(async client => {
      for (let i = 0; i < 1_000; i++) await client.get('x').catch(() => null);
    });
    await expect(read).rejects.toMatchObject({ reason: 'timeout' });
    expect(await used.metrics.registry.metrics()).toContain('weir_redis_failures_total{reason="timeout"} 1');
  });

  test('is not one that has, while this process stood still', async () => {
    await using used = await useRedis({ readTimeout: 20 });
    const answer = used.redis.read(client => client.ping());
    // What is asked for in one turn of the loop is sent together, at the end of it.
    await new Promise(done => setImmediate(done));
    standStill(200);
    expect(await answer).toBe('PONG');
  });

  test('is connected to anew once it has been silent for some seconds, and not before', async () => {
    await using proxy = await startRedisProxy();
    let now = 0;
    await using used = await useRedis({ url: proxy.url, readTimeout: 5, elapsed: () => now });
    const ask = () => used.redis.read(client => client.ping()).catch(({ reason }) => reason);
    proxy.silence();
    expect(await ask()).toBe('timeout');
    now = 2_999;
    expect(await ask()).toBe('timeout');
    expect(proxy.taken).toBe(1);
    now = 3_000;
    await ask();
    proxy.speak();
    await vi.waitFor(() => expect(proxy.taken).toBe(2), PATIENCE);
    await used.redis.ready(10_000);
    await vi.waitFor(async () => expect(await ask()).toBe('PONG'), PATIENCE);
  });

  test('starts from nothing when it has answered in between', async () => {
    await using proxy = await startRedisProxy();
    let now = 0;
    await using used = await useRedis({ url: proxy.url, readTimeout: 50, elapsed: () => now });
    const ask = () => used.redis.read(client => client.ping()).catch(({ reason }) => reason);
    proxy.silence();
    expect(await ask()).toBe('timeout');
    proxy.speak();
    await vi.waitFor(async () => expect(await ask()).toBe('PONG'), PATIENCE);
    now = 5_000;
    proxy.silence();
    expect(await ask()).toBe('timeout');
    proxy.speak();
    await vi.waitFor(async () => expect(await ask()).toBe('PONG'), PATIENCE);
    expect(proxy.taken).toBe(1);
  });
});

test('errors of Redis come without the command, whose arguments may be secret', async () => {
  await using used = await useRedis();
  const name = used.redis.key('wrong', 'kind');
  await used.redis.write(client => client.set(name, 'text'));
  const failed = used.redis.write(client => client.hset(name, 'field', 'sesame'));
  const error: object = await failed.catch(reason => reason);
  expect(error).toMatchObject({ reason: 'failed', message: expect.stringContaining('WRONGTYPE') });
  expect(JSON.stringify({ ...error, cause: (error as Error).cause })).not.toContain('sesame');
  const unknown = used.redis.write(client => client.call('nonesuch', 'sesame'));
  await expect(unknown).rejects.not.toThrow(/sesame/);
});

test('after closing there is no connection, and nothing is said to be lost', async () => {
  await using proxy = await startRedisProxy();
  await using used = await useRedis({ url: proxy.url });
  await used.redis.close();
  await expect(used.redis.read(client => client.ping())).rejects.toMatchObject({ reason: 'disconnected' });
  expect(used.lines.map(({ level }) => level)).toEqual(['info']);
});

describe('the URL', () => {
  test('says host, port, database, user and password, which may be escaped', () => {
    expect(redisOptions('redis://me:p%40ss@cache.test:7000/3')).toMatchObject({
      host: 'cache.test',
      port: 7000,
      db: 3,
      username: 'me',
      password: 'p@ss',
    });
    expect(redisOptions('redis://[::1]')).toMatchObject({ host: '::1', port: 6379, db: 0 });
    expect(redisOptions('redis://localhost')).not.toHaveProperty('password');
  });

  test('does not switch off a bound', () => {
    expect(redisOptions('redis://localhost?enableOfflineQueue=1&commandTimeout=0')).toMatchObject({
      enableOfflineQueue: false,
      commandTimeout: 2_000,
    });
  });

  test.each(['redis://u:sesame@h:port', 'redis://u:sesame%zz@h', 'redis://u:sesame@h/x'])(
    'is not quoted when it cannot be used: %s',
    url => {
      expect(() => redisOptions(url)).toThrow('storage.redis.url');
      expect(() => redisOptions(url)).not.toThrow(/sesame/);
    },
  );

  test('with rediss:// asks for TLS and sends the name of the server', async () => {
    const server = createServer().listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const hello = once(server, 'connection').then(async ([socket]) => {
      const [data] = await once(socket, 'data');
      socket.destroy();
      return data as Buffer;
    });
    await using used = await useRedis({ url: `rediss://localhost:${port}`, ready: false });
    const bytes = await hello;
    server.close();
    // 22 begins a handshake of TLS.
    expect(bytes[0]).toBe(22);
    expect(bytes.includes('localhost')).toBe(true);
    expect(used.redis.client.status).not.toBe('ready');
  });
});

test('the wait before connecting again grows to two seconds and no further', () => {
  for (const attempt of [1, 2, 5, 10, 1_000]) {
    expect(retryDelay(attempt)).toBeGreaterThanOrEqual(Math.min(25 * 2 ** (attempt - 1), 1_000));
    expect(retryDelay(attempt)).toBeLessThanOrEqual(Math.min(50 * 2 ** (attempt - 1), 2_000));
  }
});
