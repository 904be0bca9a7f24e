import { describe, expect, test, vi } from 'vitest';
import { encodeEntry, seal } from '../../../src/cache/store/entry-codec.ts';
import { startRedisProxy } from '../../storage/redis-proxy.ts';
import { startRedisServer } from '../../storage/redis-server.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { entry } from './contract.ts';
import { leaseOf } from './lease-of.ts';
import { PATIENCE, type RedisStoreUse, useRedisStore } from './use-stores.ts';

const BUDGET_MS = 150;

/** What a busy machine may add to a budget. */
const SLACK_MS = 500;

const messages = ({ used }: RedisStoreUse): readonly string[] => used.lines.map(({ message }) => message);
const CACHE_LINE = /^the cache/;

async function put(use: RedisStoreUse, key: string, size = 10): Promise<void> {
  const before = await use.count('writes_total', 'written');
  use.store.put(key, entry(use, { parts: [Buffer.alloc(size)] }));
  await vi.waitFor(async () => expect(await use.count('writes_total', 'written')).toBe(before + 1), PATIENCE);
}

test('a Redis that is not there at first is used once it is, and until then everything is a miss at once', async () => {
  await using proxy = await startRedisProxy();
  await proxy.cut();
  await using use = await useRedisStore({ url: proxy.url, ready: false, isCurrent: false });
  const { store } = use;
  using time = startOwnTime();
  for (let i = 0; i < 100; i++) {
    store.put('k', entry(use));
    expect(store.peek('k')).toBeUndefined();
    expect(await store.get(['k'])).toEqual([undefined]);
  }
  expect(await leaseOf(store, 'k', 1_000)).not.toBeNull();
  expect(time.ms).toBeLessThan(SLACK_MS);
  await expect(store.invalidate(['t'])).rejects.toMatchObject({ reason: 'disconnected' });
  await proxy.open();
  await vi.waitFor(() => expect(store.mark()).toBeGreaterThan(0), PATIENCE);
  await vi.waitFor(() => put(use, 'k'), PATIENCE);
  expect(store.peek('k')).toBeDefined();
});

test('a Redis killed in mid-load costs misses, and is used again when it is back', async () => {
  await using server = await startRedisServer();
  await using use = await useRedisStore({ url: server.url, readTimeout: BUDGET_MS });
  const { store } = use;
  let [isOver, asked, slowest] = [false, 0, 0];
  const ask = async (n: number): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      using time = startOwnTime();
      const key = `k${(n * 7 + i) % 500}`;
      const [found] = await store.get([key, `never-${n}-${i}`]);
      if (found === undefined) store.put(key, entry(use));
      slowest = Math.max(slowest, time.ms);
      asked++;
      await new Promise(setImmediate);
    }
  };
  const asking = Promise.all(Array.from({ length: 10 }, (_, n) => ask(n)));
  const more = async () => {
    const before = asked;
    await vi.waitFor(() => expect(asked).toBeGreaterThan(before + 500), PATIENCE);
  };
  await more();
  await server.kill();
  await more();
  await server.start();
  await use.used.redis.ready(10_000);
  const [missed, written] = [
    await use.count('reads_total', 'miss'),
    await use.count('writes_total', 'written'),
  ];
  await vi.waitFor(async () => {
    await store.invalidate(['a']).catch(() => {});
    expect(await use.count('reads_total', 'miss')).toBeGreaterThan(missed);
    expect(await use.count('writes_total', 'written')).toBeGreaterThan(written);
  }, PATIENCE);
  await vi.waitFor(() => expect(store.peek('k1')).toBeDefined(), PATIENCE);
  isOver = true;
  await asking;
  expect(slowest).toBeLessThan(BUDGET_MS + SLACK_MS);
  // The connection's own lines.
  const connection = messages(use).filter(message => !CACHE_LINE.test(message));
  expect(connection).toEqual(['Redis is ready', expect.stringContaining('Redis is lost'), 'Redis is ready']);
});

test('a Redis that is two seconds late costs a few requests their budget, the others nothing, and one line', async () => {
  await using proxy = await startRedisProxy();
  await using use = await useRedisStore({ url: proxy.url, readTimeout: BUDGET_MS });
  const { store } = use;
  await put(use, 'k');
  proxy.delay(2_000);
  let waited = 0;
  for (let i = 0; i < 200; i++) {
    using time = startOwnTime();
    const began = performance.now();
    expect(await store.get([`absent-${i}`])).toEqual([undefined]);
    if (performance.now() - began >= BUDGET_MS) waited++;
    expect(time.ms).toBeLessThan(BUDGET_MS + SLACK_MS);
  }
  // Three in a row, of which the poll for news may be one.
  expect(waited).toBeGreaterThan(0);
  expect(waited).toBeLessThan(6);
  expect(await use.count('reads_total', 'unavailable')).toBe(200);
  using time = startOwnTime();
  for (let i = 0; i < 20; i++) expect(await leaseOf(store, `absent-${i}`, 1_000)).not.toBeNull();
  expect(time.ms).toBeLessThan(5 * BUDGET_MS);
  // What is in memory is served for as long as nobody can have invalidated it long ago.
  expect(store.peek('k')).toBeDefined();
  expect(messages(use).filter(message => CACHE_LINE.test(message))).toHaveLength(1);
  expect(use.used.lines.find(({ message }) => CACHE_LINE.test(message))).toMatchObject({
    level: 'warn',
    fields: { what: 'reads', reason: 'Redis did not answer within 150 ms' },
  });
});

test('a lease that is granted when nobody waits for it any more is given back', async () => {
  const prefix = 'test-late-lease';
  await using proxy = await startRedisProxy();
  await using use = await useRedisStore({ url: proxy.url, readTimeout: BUDGET_MS, prefix });
  await using other = await useRedisStore({ prefix });
  proxy.delay(2 * BUDGET_MS);
  const lease = await leaseOf(use.store, 'k', 60_000);
  expect(lease).not.toBeNull();
  await vi.waitFor(
    async () =>
      expect(await other.used.redis.client.exists(other.used.redis.key('cache/k', 'lease'))).toBe(1),
    PATIENCE,
  );
  proxy.delay(0);
  lease?.release();
  await vi.waitFor(async () => expect(await leaseOf(other.store, 'k', 60_000)).not.toBeNull(), PATIENCE);
});

test('what memory has is not served once Redis has not been heard of for five seconds', async () => {
  await using proxy = await startRedisProxy();
  let late = 0;
  await using use = await useRedisStore({ url: proxy.url, elapsed: () => performance.now() + late });
  await put(use, 'k');
  await proxy.cut();
  late = 3_500;
  expect(use.store.peek('k')).toBeDefined();
  expect(use.store.put('k', entry(use))).toBe(true);
  late = 5_500;
  expect(use.store.peek('k')).toBeUndefined();
  for (const memoryOnly of [false, true]) expect(use.store.put('k', entry(use), { memoryOnly })).toBe(false);
  expect(await use.store.get(['k'])).toEqual([undefined]);
  await proxy.open();
  await vi.waitFor(() => expect(use.store.peek('k')).toBeDefined(), PATIENCE);
});

test('a replica that takes no writes is read from, with one line, and seldom tried', async () => {
  // Replicas begin with a snapshot on disk.
  await using folder = await temporaryFolder();
  const own = ['--dir', folder.path, '--repl-diskless-sync-delay', '0'];
  await using primary = await startRedisServer([...own, '--dbfilename', 'primary']);
  const of = ['--replicaof', '127.0.0.1', String(primary.port)];
  await using replica = await startRedisServer([...own, ...of, '--dbfilename', 'replica']);
  const prefix = 'test-replica';
  await using writer = await useRedisStore({ url: primary.url, prefix });
  await put(writer, 'k');
  await using use = await useRedisStore({ url: replica.url, prefix, readTimeout: BUDGET_MS });
  const { store } = use;
  const reconnections = vi.fn();
  use.used.redis.client.on('reconnecting', reconnections);
  const sent = vi.spyOn(use.used.redis.client, 'sendCommand');
  await vi.waitFor(async () => expect(await store.get(['k'])).not.toEqual([undefined]), PATIENCE);
  for (let i = 0; i < 300; i++) {
    store.put(`k${i}`, entry(use));
    (await leaseOf(store, `absent-${i}`, 1_000))?.release();
    await new Promise(done => setTimeout(done, 1));
  }
  expect(store.peek('k299')).toBeDefined();
  expect(reconnections.mock.calls.length).toBeLessThan(12);
  const takesLease = ([{ args }]: (typeof sent.mock.calls)[number]): boolean =>
    args.some(arg => String(arg).endsWith(':lease'));
  expect(sent.mock.calls.filter(takesLease).length).toBeLessThan(12);
  expect(await use.count('writes_total', 'unavailable')).toBeGreaterThan(200);
  const linesOf = (what: string) =>
    use.used.lines.filter(
      ({ message, fields }) => CACHE_LINE.test(message) && 'what' in fields && fields.what === what,
    );
  expect(linesOf('writes')).toHaveLength(1);
  // Most of the time the connection was being made anew, for the writes.
  await vi.waitFor(async () => {
    (await leaseOf(store, 'absent', 1_000))?.release();
    expect(linesOf('leases')).toHaveLength(1);
  }, PATIENCE);
  await expect(store.invalidate(['a'])).rejects.toMatchObject({ name: 'RedisError' });
});

test('a Redis that is out of memory keeps no more entries, but still invalidates', async () => {
  await using server = await startRedisServer(['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction']);
  const prefix = 'test-full';
  await using use = await useRedisStore({ url: server.url, prefix });
  await using other = await useRedisStore({ url: server.url, prefix });
  await put(use, 'k');
  for (let i = 0; i < 100; i++) use.store.put(`large-${i}`, entry(use, { parts: [Buffer.alloc(200_000)] }));
  await vi.waitFor(
    async () => expect(await use.count('writes_total', 'failed')).toBeGreaterThan(0),
    PATIENCE,
  );
  expect(await other.store.get(['k'])).not.toEqual([undefined]);
  const line = use.used.lines.find(({ message }) => CACHE_LINE.test(message));
  expect(line).toMatchObject({
    level: 'warn',
    fields: { what: 'writes', reason: expect.stringMatching(/^OOM/) },
  });
  expect(await use.store.invalidate(['a'])).toBe(1);
  await vi.waitFor(() => expect(other.store.peek('k')).toBeUndefined(), PATIENCE);
  expect(await other.store.get(['k'])).toEqual([undefined]);
  expect(await leaseOf(use.store, 'k', 1_000)).not.toBeNull();
  const lines = use.used.lines.filter(({ message }) => CACHE_LINE.test(message));
  expect(new Set(lines.map(({ fields }) => JSON.stringify(fields))).size).toBe(lines.length);
});

describe('a value in Redis that is not an entry as it was written', () => {
  const valid = (use: RedisStoreUse): Buffer => seal(encodeEntry(entry(use)) as Buffer);
  const changed = (bytes: Buffer, at: number, value: number): Buffer => {
    bytes[at] = value;
    return bytes;
  };
  test.each<[string, (use: RedisStoreUse) => Buffer]>([
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('{"an":"other program put this here, of the length that an entry has"}')],
    ['cut short', use => valid(use).subarray(0, -1)],
    ['cut short within its tags', use => valid(use).subarray(0, 58)],
    ['of another version', use => changed(valid(use), 3, 2)],
    ['with a byte of its value changed', use => changed(valid(use), valid(use).length - 1, 0)],
    ['with a byte of its tags changed', use => changed(valid(use), 58, 0)],
    ['with a tag that is longer than it is', use => changed(valid(use), 57, 255)],
    ['with more tags than it has', use => changed(valid(use), 53, 255)],
  ])('is a miss, and counted: %s', async (_, make) => {
    await using use = await useRedisStore();
    const { redis } = use.used;
    // Older than the newest number, so that its tags are looked at.
    const bytes = make(use);
    await use.store.invalidate(['nobody']);
    await redis.client.set(redis.key('cache/k', 'entry'), bytes);
    await put(use, 'well');
    expect(await use.store.get(['k'])).toEqual([undefined]);
    expect(await use.count('reads_total', 'corrupt')).toBe(1);
    // It is written over like what is not there; a busy machine may have missed a message, and forgets all.
    await vi.waitFor(async () => {
      await put(use, 'k');
      expect(use.store.peek('k')).toBeDefined();
    }, PATIENCE);
  });

  test('is a miss, and others are read: of another type', async () => {
    await using use = await useRedisStore();
    const { redis } = use.used;
    await redis.client.hset(redis.key('cache/k', 'entry'), 'a', 'b');
    await redis.client.set(redis.key('cache/j', 'entry'), valid(use));
    expect(await use.store.get(['k', 'j'])).toMatchObject([undefined, { tags: ['a', 'b'] }]);
    expect(await use.count('reads_total', 'corrupt')).toBe(1);
  });
});

test('writes wait in a bounded queue, and what there is no room for is dropped and counted', async () => {
  await using proxy = await startRedisProxy();
  await using use = await useRedisStore({ url: proxy.url });
  proxy.silence();
  const one = entry(use);
  for (let i = 0; i < 5_000; i++) use.store.put(`k${i}`, one);
  expect(await use.count('writes_total', 'full')).toBe(3_000);
  const large = entry(use, { parts: [Buffer.alloc(1_000_000)] });
  proxy.speak();
  await vi.waitFor(async () => expect(await use.count('writes_total', 'written')).toBe(2_000), PATIENCE);
  proxy.silence();
  for (let i = 0; i < 20; i++) use.store.put(`large-${i}`, large);
  expect(await use.count('writes_total', 'full')).toBe(3_004);
  // The same key again takes the place of what is waiting.
  for (let i = 0; i < 20; i++) use.store.put('large-0', large);
  expect(await use.count('writes_total', 'full')).toBe(3_004);
  proxy.speak();
  await vi.waitFor(async () => expect(await use.count('writes_total', 'written')).toBe(2_016), PATIENCE);
});
