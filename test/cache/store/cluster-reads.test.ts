import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, RedisKey } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { NEWER, NUMBERS, POLL } from '../../../src/cache/store/redis/lua.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import type { RedisStorage } from '../../../src/storage/redis.ts';
import { createRedisScript } from '../../../src/storage/redis-script.ts';
import { type RedisCluster, startRedisCluster } from '../../storage/redis-cluster.ts';
import { entry } from './contract.ts';
import { PATIENCE, useRedisStore } from './use-stores.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const hash = (script: string): string => createHash('sha1').update(script).digest('hex');
const NAMES: ReadonlyMap<unknown, string> = new Map([
  [hash(NEWER), 'newer'],
  [hash(NUMBERS), 'numbers'],
]);

/** What some work asks for to read entries, by round trips: a new one begins once something of the last was answered. */
async function roundsOf(
  { client }: RedisStorage,
  work: () => Promise<unknown>,
): Promise<readonly (readonly string[])[]> {
  const rounds: string[][] = [];
  let isAnswered = true;
  const asked = (name: string, answer: Promise<unknown>): void => {
    if (isAnswered) rounds.push([]);
    isAnswered = false;
    rounds.at(-1)?.push(name);
    const answered = (): void => {
      isAnswered = true;
    };
    answer.then(answered, answered);
  };
  const send = client.sendCommand.bind(client);
  const sent = vi.spyOn(client, 'sendCommand').mockImplementation((command: Command, ...rest: []) => {
    const name = NAMES.get(command.args[0]);
    if (name !== undefined) asked(name, command.promise);
    return send(command, ...rest);
  });
  const get = client.getBuffer.bind(client);
  // What is asked for in one turn goes together, a little later.
  const got = vi.spyOn(client, 'getBuffer').mockImplementation((key: RedisKey) => {
    const answer = get(key);
    asked('get', answer);
    return answer;
  });
  await work();
  sent.mockRestore();
  got.mockRestore();
  return rounds;
}

/** Entries on all nodes, each with a tag of its own, and stores that know nothing of them. */
async function useKept(keys: readonly string[]) {
  const prefix = `test-${randomId()}`;
  const open = () => useRedisStore({ cluster: cluster.urls, prefix });
  const writer = await open();
  for (const key of keys) writer.store.put(key, entry(writer, { tags: [`of-${key}`, 'x'.repeat(80)] }));
  const isWritten = async (): Promise<void> => {
    const found = await writer.store.get(keys, { pastMemory: true, fleetOnly: true });
    expect(found).not.toContain(undefined);
  };
  await vi.waitFor(isWritten, PATIENCE);
  return { open, writer, [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose]() };
}

const KEYS = Array.from({ length: 9 }, (_, i) => `k${i}`);

test('what is kept is read in one round trip, whatever was invalidated since', async () => {
  await using kept = await useKept(KEYS);
  await using reader = await kept.open();
  const get = async () => expect(await reader.store.get(KEYS, { pastMemory: true })).not.toContain(undefined);
  const one = [['newer', ...KEYS.map(() => 'get')].sort()];
  const rounds = async () => (await roundsOf(reader.used.redis, get)).map(round => [...round].sort());
  expect(await rounds()).toEqual(one);
  await kept.writer.store.invalidate(['other', 'y'.repeat(80)]);
  expect(await rounds()).toEqual(one);
  await using late = await kept.open();
  await roundsOf(late.used.redis, () => late.store.get(KEYS, { pastMemory: true })).then(all =>
    expect(all).toHaveLength(1),
  );
});

test('so is what is claimed and is there', async () => {
  await using kept = await useKept(KEYS);
  await using reader = await kept.open();
  await kept.writer.store.invalidate(['other']);
  const claim = async () => {
    const needed = KEYS.map(key => ({ key, storedAfter: 0 }));
    const terms = { until: 'fresh', after: reader.now(), leaseMs: 60_000 } as const;
    expect((await reader.store.claim(needed, terms)).every(({ isEnough }) => isEnough)).toBe(true);
  };
  expect(await roundsOf(reader.used.redis, claim)).toHaveLength(1);
});

test('what is older than a thousand invalidated tags is asked for in a second one, and is what it is', async () => {
  await using kept = await useKept(KEYS);
  const tags = Array.from({ length: 1_200 }, (_, i) => `t${i}`);
  for (const some of [['of-k1', 'of-k2'], tags.slice(0, 600), tags.slice(600)])
    await kept.writer.store.invalidate(some);
  await using reader = await kept.open();
  const found: boolean[] = [];
  const get = async () => {
    for (const one of await reader.store.get(KEYS, { pastMemory: true })) found.push(one !== undefined);
  };
  const rounds = await roundsOf(reader.used.redis, get);
  expect(rounds.map(([first]) => first)).toEqual([expect.any(String), 'numbers']);
  expect(found).toEqual(KEYS.map((_, i) => i !== 1 && i !== 2));
});

test('what was invalidated, or given up, is known not to be valid in the same round trip', async () => {
  await using kept = await useKept(KEYS);
  await using reader = await kept.open();
  const get = async () => {
    const found = await reader.store.get(KEYS, { pastMemory: true });
    return found.map(one => one !== undefined);
  };
  await kept.writer.store.invalidate(['of-k1', 'of-k2']);
  let found: readonly boolean[] = [];
  const rounds = () =>
    roundsOf(reader.used.redis, async () => {
      found = await get();
    });
  expect(await rounds()).toHaveLength(1);
  expect(found).toEqual(KEYS.map((_, i) => i !== 1 && i !== 2));
  expect(await reader.count('reads_total', 'invalidated')).toBe(2);
  // Beside the leases it is looked for once more.
  const terms = { until: 'fresh', after: reader.now(), leaseMs: 60_000 } as const;
  const claim = () => reader.store.claim([{ key: 'k1', storedAfter: 0 }], terms);
  expect(await roundsOf(reader.used.redis, claim)).toHaveLength(2);
  // As a server does that knows less than somebody has seen.
  const { client, key } = reader.used.redis;
  const poll = createRedisScript(POLL);
  await poll.run(client, [key('cache', 'numbers')], ['channel', 'me', 1, 0]);
  expect(await rounds()).toHaveLength(1);
  expect(found).not.toContain(true);
});

test('what a server says that takes over between two round trips does not bring back what was heard of', async () => {
  await using kept = await useKept(KEYS);
  await using reader = await kept.open();
  const { client, key } = reader.used.redis;
  const numbers = key('cache', 'numbers');
  const snapshot = await client.dumpBuffer(numbers);
  const tags = Array.from({ length: 1_200 }, (_, i) => `t${i}`);
  for (const some of [['of-k1'], tags]) await kept.writer.store.invalidate(some);
  await vi.waitFor(() => expect(reader.store.mark()).toBe(kept.writer.store.mark()), PATIENCE);
  const run = client.sendCommand.bind(client);
  let judged = 0;
  vi.spyOn(client, 'sendCommand').mockImplementation((command: Command, ...rest: []) => {
    if (NAMES.get(command.args[0]) !== 'numbers') return run(command, ...rest);
    judged++;
    return client.restore(numbers, 0, snapshot, 'REPLACE').then(() => run(command, ...rest));
  });
  expect(await reader.store.get(['k1'], { pastMemory: true })).toEqual([undefined]);
  expect(judged).toBe(1);
});

test('who reads at the same time is told together, and all that is remembered one of those who come first', async () => {
  await using kept = await useKept(KEYS);
  await kept.writer.store.invalidate(['of-k1', ...Array.from({ length: 400 }, (_, i) => `t${i}`)]);
  await using reader = await kept.open();
  const { client } = reader.used.redis;
  const run = client.sendCommand.bind(client);
  let asked = 0;
  vi.spyOn(client, 'sendCommand').mockImplementation(async (command: Command, ...rest: []) => {
    const isNewer = NAMES.get(command.args[0]) === 'newer';
    if (isNewer && ++asked === 1) await sleep(100);
    return run(command, ...rest);
  });
  const get = async () => {
    const found = await reader.store.get(KEYS, { pastMemory: true });
    expect(found.map(one => one !== undefined)).toEqual(KEYS.map((_, i) => i !== 1));
    return asked;
  };
  const first = get();
  await sleep(10);
  // Has what it reads judged.
  expect(await get()).toBe(1);
  expect(await first).toBe(1);
  await Promise.all(Array.from({ length: 20 }, get));
  expect(asked).toBe(2);
  expect(await get()).toBe(3);
});
