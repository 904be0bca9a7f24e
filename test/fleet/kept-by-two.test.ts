import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { median } from '../cache/store/stays-for.ts';
import { REDIS_URL, type RedisProxy, startRedisProxy } from '../storage/redis-proxy.ts';
import { startOwnTime } from '../support/own-time.ts';
import { PATIENCE } from '../support/patience.ts';
import { startCli } from '../support/start-cli.ts';
import type { GatewayProcess } from '../support/start-gateway-process.ts';
import { roundsOf } from './rounds.ts';
import {
  type Fleet,
  invalidate,
  item,
  NEWS_LAST_MS,
  news,
  startFleet,
  versionIn,
} from './versioned-fleet.ts';

/** Processes are started once; the last of the tests ends one of them. */
let fleet: Fleet;
/** The second's way to Redis. */
let proxy: RedisProxy;
const redis = new Redis(REDIS_URL);

const STARTS_WITHIN_MS = 60_000;

beforeAll(async () => {
  proxy = await startRedisProxy();
  fleet = await startFleet({
    redisUrls: [REDIS_URL, proxy.url],
    // Where Redis does not answer in time each goes on alone; it is given time.
    readTimeout: '5s',
    config: { policy: { rateLimit: { limits: { all: { limit: 1_000_000, window: '1h', by: [] } } } } },
  });
}, STARTS_WITHIN_MS);

afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  const keys = fleet === undefined ? [] : await redis.keys(`${fleet.prefix}:*`);
  if (keys.length > 0) await redis.del(...keys);
  await redis.quit();
});

const cacheOf = async (gateway: GatewayProcess, query: string) => (await gateway.ask(query)).cache;

/** Made by the first, and in the memory of both. */
async function keepInBoth(query: string): Promise<void> {
  const { first, second, subgraph } = fleet;
  await vi.waitFor(async () => expect(await cacheOf(first, query)).toBe('HIT'), PATIENCE);
  const asked = subgraph.requests.length;
  await vi.waitFor(async () => expect(await cacheOf(second, query)).toBe('HIT'), PATIENCE);
  expect(subgraph.requests).toHaveLength(asked);
  expect(await cacheOf(second, query)).toBe('HIT');
}

describe('what is invalidated at one process', () => {
  /** After how long the second was last asked for it and had what it had before. To make it anew takes time, too. */
  async function newsTakes(query: string): Promise<number> {
    const began = performance.now();
    let lastOldAt = began;
    for (;;) {
      const askedAt = performance.now();
      if (versionIn(await fleet.second.ask(query)) === fleet.version) return lastOldAt - began;
      lastOldAt = askedAt;
      expect(lastOldAt - began).toBeLessThan(PATIENCE.timeout);
    }
  }

  test('is served by no other 100 ms later', async () => {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      await keepInBoth(item(`tagged-${i}`));
      fleet.version++;
      expect(await invalidate(fleet.first, `item-tagged-${i}`)).toBe(202);
      times.push(await newsTakes(item(`tagged-${i}`)));
      expect(versionIn(await fleet.first.ask(item(`tagged-${i}`)))).toBe(fleet.version);
    }
    expect(median(times)).toBeLessThan(100);
  });

  test('is so by the command of operators, too, and nothing else is', async () => {
    await keepInBoth(item('by-command'));
    await keepInBoth(item('other'));
    fleet.version++;
    await using cli = startCli([
      ...['cache', 'invalidate', '--tag', 'item-by-command'],
      ...['--admin', fleet.first.admin],
    ]);
    expect({ code: await cli.ended(), ...cli.output }).toMatchObject({ code: 0, stderr: '' });
    expect(await newsTakes(item('by-command'))).toBeLessThan(500);
    expect(await cacheOf(fleet.second, item('other'))).toBe('HIT');
  });
});

describe('of a process that counts limits in Redis and has nothing in memory', () => {
  const ask = async (query: string, cache: string): Promise<void> => {
    const reply = await fleet.second.ask(query);
    expect([reply.status, reply.cache]).toEqual([200, cache]);
  };

  /** Of the second. */
  const rounds = (work: () => Promise<unknown>) => {
    const isAlive = async () =>
      expect((await fetch(new URL('/health/live', fleet.second.url))).status).toBe(200);
    return roundsOf(proxy, work, isAlive);
  };

  beforeAll(async () => {
    // Redis has been sent the scripts, and the second has planned an operation.
    await keepInBoth(item('planned'));
  });

  test('an answer that Redis has costs one round trip, limits included', async () => {
    await keepInBoth(item('known'));
    expect(await invalidate(fleet.second, 'item-known')).toBe(202);
    await vi.waitFor(async () => expect(await cacheOf(fleet.first, item('known'))).toBe('HIT'), PATIENCE);
    expect(await rounds(() => ask(item('known'), 'HIT'))).toEqual([['read', 'take']]);
  });

  test('so does one to an operation that it has never planned', async () => {
    const query = '{ item(id: "unseen") { version id } }';
    await vi.waitFor(async () => expect(await cacheOf(fleet.first, query)).toBe('HIT'), PATIENCE);
    expect(await rounds(() => ask(query, 'HIT'))).toEqual([['read', 'take']]);
  });

  test('what is not kept anywhere waits for limits no longer than for being looked up', async () => {
    const query = '{ item(id: "nowhere") { id version } }';
    const miss = () => rounds(() => ask(query, 'MISS'));
    // Then for itself once more, to be who makes it in the fleet, beside parts of it that are kept.
    expect(await miss()).toEqual([
      ['read', 'take'],
      ['claim', 'claim'],
    ]);
    expect(await invalidate(fleet.second, 'item-nowhere')).toBe(202);
    expect(await miss()).toEqual([
      ['read', 'take'],
      ['claim', 'claim'],
    ]);
  });

  test('what is never kept waits for limits alone', async () => {
    expect(await rounds(() => ask('{ slogan }', 'BYPASS'))).toEqual([['take']]);
  });
});

describe('of what many want of two processes at once', () => {
  /** What the subgraph was asked for while they asked for these, each of them again and again. */
  async function askedUnderLoad(queries: readonly string[], forMs: number): Promise<readonly string[]> {
    const { first, second, subgraph } = fleet;
    subgraph.requests.length = 0;
    // Long enough for everybody else to come meanwhile, and shorter than they would wait.
    fleet.thinksMs = 40;
    const until = performance.now() + forMs;
    const load = async (gateway: GatewayProcess): Promise<void> => {
      while (performance.now() < until) {
        for (const query of queries) {
          const { status, body } = await gateway.ask(query);
          expect([status, body.errors]).toEqual([200, undefined]);
        }
      }
    };
    await Promise.all([first, second, first, second, first, second].map(load));
    fleet.thinksMs = 0;
    return subgraph.requests.map(({ variables, query }) => JSON.stringify([variables, query])).sort();
  }

  test('each that nobody has is made once in the fleet', async () => {
    const queries = ['a', 'b', 'c', 'd'].map(id => item(`cold-${id}`));
    const asked = await askedUnderLoad(queries, 300);
    expect(asked).toEqual([...new Set(asked)]);
    expect(asked).toHaveLength(queries.length);
  });

  test('each that is stale is made anew once in the fleet', async () => {
    const queries = ['a', 'b', 'c', 'd'].map(news);
    for (const query of queries) await keepInBoth(query);
    await sleep(NEWS_LAST_MS + 50);
    fleet.version++;
    const asked = await askedUnderLoad(queries, 300);
    expect(asked).toEqual([...new Set(asked)]);
    expect(asked).toHaveLength(queries.length);
    for (const gateway of [fleet.first, fleet.second]) {
      const isNew = async () =>
        expect((await gateway.ask(news('b'))).body.data).toEqual({ news: fleet.version });
      await vi.waitFor(isNew, PATIENCE);
    }
    expect(fleet.subgraph.requests).toHaveLength(queries.length);
  });

  test('one that is killed in the middle of making something holds nobody up', async () => {
    const { first, second, subgraph } = fleet;
    await keepInBoth(news('killed'));
    await sleep(NEWS_LAST_MS + 50);
    fleet.version++;
    subgraph.requests.length = 0;
    subgraph.respond = () => {};
    const lost = first.ask(item('killed')).catch(() => 'lost');
    expect(await cacheOf(first, news('killed'))).toBe('STALE');
    await vi.waitFor(() => expect(subgraph.requests).toHaveLength(2), PATIENCE);
    await first.kill();
    expect(await lost).toBe('lost');
    subgraph.respond = undefined;
    // What nobody has is made by whoever else wants it, after a moment.
    using time = startOwnTime();
    expect(versionIn(await second.ask(item('killed')))).toBe(fleet.version);
    expect(time.ms).toBeLessThan(3_000);
    // What is stale is served until the lease of the dead has ended.
    for (let i = 0; i < 5; i++) expect(await cacheOf(second, news('killed'))).toBe('STALE');
    expect(subgraph.requests).toHaveLength(3);
    await endLeases(fleet.prefix);
    await vi.waitFor(async () => expect(await cacheOf(second, news('killed'))).toBe('HIT'), PATIENCE);
    expect((await second.ask(news('killed'))).body.data).toEqual({ news: fleet.version });
    expect(subgraph.requests).toHaveLength(4);
  });
});

/** Leases end by themselves within half a minute; here that time passes quickly. */
async function endLeases(prefix: string): Promise<void> {
  const leases = await redis.keys(`${prefix}:*:lease`);
  expect(leases.length).toBeGreaterThan(0);
  for (const lease of leases) {
    const ms = await redis.pttl(lease);
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(30_000);
    await redis.pexpire(lease, 100);
  }
}
