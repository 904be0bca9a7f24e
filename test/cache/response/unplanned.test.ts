import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { REDIS_URL } from '../../storage/redis-proxy.ts';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../../support/start-gateway.ts';
import type { HandClock } from '../../support/test-identity.ts';

/** Resolves to what a subgraph is told of the request. */
const told = (name: string) => (_: unknown, __: unknown, headers: unknown) =>
  (headers as Record<string, string>)[`x-${name}`] ?? '-';

const SUBGRAPHS = {
  open: { typeDefs: 'type Query { openTold: String }', resolvers: { Query: { openTold: told('open') } } },
  french: {
    typeDefs: 'type Query { frenchTold: String }',
    resolvers: { Query: { frenchTold: told('french') } },
  },
  tenants: {
    typeDefs: 'type Query { tenantsTold: String }',
    resolvers: { Query: { tenantsTold: told('tenants') } },
  },
  flags: { typeDefs: 'type Query { flagsTold: String }', resolvers: { Query: { flagsTold: told('flags') } } },
};

type Quartet = TestGateway<keyof typeof SUBGRAPHS>;

const propagate = (name: string) => ({ headers: { request: [{ propagate: { name: `x-${name}` } }] } });

/** What is moved by hand is the time of day: without any passing, what failed while Redis was being connected to rests for ever. */
const clock: HandClock = { at: Date.now(), now: () => clock.at, elapsed: () => performance.now() };

async function startQuartet(prefix: string, other?: Quartet): Promise<Quartet> {
  const config: GatewayConfigInput = {
    cache: {
      jitter: 0,
      entities: { enabled: false },
      defaultMaxAge: '60s',
      fields: { 'Query.frenchTold': { maxAge: '60s', staleWhileRevalidate: '60s' } },
    },
    execution: {
      replay: '0B',
      subgraphs: {
        all: { identity: false },
        french: propagate('french'),
        tenants: propagate('tenants'),
        flags: propagate('flags'),
      },
    },
    storage: { redis: { url: REDIS_URL, prefix, readTimeout: '5s' } },
  };
  return startGateway({
    clock,
    config,
    ...(other === undefined ? {} : { supergraphSdl: other.gateway.generation().sdl }),
    subgraphs: SUBGRAPHS,
  });
}

describe('of what this process has never planned', () => {
  let first: Quartet;
  let second: Quartet;
  const prefix = `test-${randomId()}`;
  const redis = new Redis(REDIS_URL);

  beforeAll(async () => {
    first = await startQuartet(prefix);
    second = await startQuartet(prefix, first);
    // From then on each reads what the other has written.
    let attempt = 0;
    await vi.waitFor(async () => {
      const query = `query Ready${attempt++} { openTold }`;
      await ask(first, query);
      expect((await ask(second, query)).state).toBe('HIT');
    }, PATIENCE);
  });

  afterAll(async () => {
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
    await redis.quit();
  });

  async function ask(gateway: Quartet, query: string, headers: Record<string, string> = {}) {
    const response = await gateway.handle(graphqlRequest({ query }, headers));
    const { data } = (await response.json()) as { data: Readonly<Record<string, string>> };
    return { state: response.headers.get('x-cache'), data };
  }

  /** Operations that it has planned so far. */
  async function planned(gateway: Quartet): Promise<number> {
    const counts = (await gateway.metrics.registry.metrics()).matchAll(
      /^weir_plan_duration_seconds_count\{[^}]*\} (\d+)$/gm,
    );
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Made by the first, for this request, and in Redis. */
  async function make(query: string, headers: Record<string, string>): Promise<void> {
    const before = await redis.keys(`${prefix}:*:entry`);
    expect((await ask(first, query, headers)).state).toBe('MISS');
    const isThere = async () =>
      expect((await redis.keys(`${prefix}:*:entry`)).length).toBeGreaterThan(before.length);
    await vi.waitFor(isThere, PATIENCE);
  }

  const TOLD = { 'x-french': 'fr', 'x-tenants': 't1' };

  test.each([
    ['one subgraph, told what others are not', '{ frenchTold }', { frenchTold: 'fr' }],
    ['one that is told nothing', '{ openTold }', { openTold: '-' }],
    ['several', '{ frenchTold tenantsTold }', { frenchTold: 'fr', tenantsTold: 't1' }],
    ['all', '{ openTold frenchTold tenantsTold flagsTold }', { openTold: '-', flagsTold: '-' }],
  ])('an answer of %s is served without planning', async (_, query, data) => {
    await make(query, TOLD);
    const before = await planned(second);
    expect(await ask(second, query, TOLD)).toMatchObject({ state: 'HIT', data });
    expect(await planned(second)).toBe(before);
    // Of memory, too.
    expect((await ask(second, query, TOLD)).state).toBe('HIT');
    expect(await planned(second)).toBe(before);
  });

  test('nobody is served what was made for a request that told its subgraphs otherwise', async () => {
    const query = 'query Apart { frenchTold tenantsTold }';
    await make(query, TOLD);
    for (const other of [
      {},
      { 'x-french': 'fr' },
      { 'x-french': 't1', 'x-tenants': 'fr' },
      { 'x-french': 'fr', 'x-tenants': 'fr' },
      { 'x-french': 'fr', 'x-tenants': 't2' },
    ] as Record<string, string>[]) {
      const { state, data } = await ask(second, query, other);
      expect([state, data]).toEqual([
        'MISS',
        { frenchTold: other['x-french'] ?? '-', tenantsTold: other['x-tenants'] ?? '-' },
      ]);
    }
    // What is not asked may be told anything.
    expect((await ask(second, query, { ...TOLD, 'x-other': '1' })).state).toBe('HIT');
  });

  test('nor is it planned where subgraphs are told four different things', async () => {
    const query = 'query Many { frenchTold flagsTold }';
    const headers = { ...TOLD, 'x-flags': 'on' };
    await make(query, headers);
    const before = await planned(second);
    expect(await ask(second, query, headers)).toMatchObject({ state: 'HIT', data: { flagsTold: 'on' } });
    expect(await planned(second)).toBe(before);
    // What is not asked may be told anything.
    const other = { ...headers, 'x-tenants': 't3' };
    expect(await ask(second, query, other)).toMatchObject({ state: 'HIT', data: { flagsTold: 'on' } });
    const unlike = { ...headers, 'x-flags': 'off' };
    expect(await ask(second, query, unlike)).toMatchObject({ state: 'MISS', data: { flagsTold: 'off' } });
  });

  test('what is stale is served, and made anew under the plan of this process', async () => {
    const query = 'query Stale { frenchTold }';
    await make(query, TOLD);
    clock.at += 61_000;
    const before = await planned(second);
    first.subgraphs.french.requests.length = 0;
    expect((await ask(second, query, TOLD)).state).toBe('STALE');
    await vi.waitFor(async () => expect((await ask(second, query, TOLD)).state).toBe('HIT'), PATIENCE);
    expect(await planned(second)).toBe(before + 1);
    expect(first.subgraphs.french.requests).toHaveLength(1);
  });
});
