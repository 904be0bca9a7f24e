import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { randomId } from '../../src/shared/random-id.ts';
import { createRandom } from '../../subgraphs/shared/random.ts';
import { REDIS_URL } from '../storage/redis-proxy.ts';
import { generateOperations } from '../support/generate-operations.ts';
import { startIssuer } from '../support/jwks-server.ts';
import { PATIENCE } from '../support/patience.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { handClock } from '../support/test-identity.ts';
import { randomGraph, VALUE } from './random-graph.ts';

const STEPS = 250;
const OPERATIONS = 12;
const MOST_TOGETHER = 5;

/** Of gateways that ask the subgraphs of the first: what has not been answered yet would be kept as of later. */
async function untilAllEnded(
  first: TestGateway<'a' | 'b' | 'c'>,
  others: readonly TestGateway<never>[],
): Promise<void> {
  const ended = async ({ metrics }: Pick<TestGateway<never>, 'metrics'>): Promise<number> => {
    // That of all metrics is long, and this is asked for often.
    const text = await metrics.registry.getSingleMetricAsString('http_client_request_duration_seconds');
    const counts = text.matchAll(/^http_client_request_duration_seconds_count\{[^}]*\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  for (let poll = 0; poll < 1_000; poll++) {
    await sleep(1);
    const counts = await Promise.all([first, ...others].map(ended));
    if (counts.reduce((sum, count) => sum + count, 0) === first.requestCount()) return;
  }
  throw new Error('a request has not ended');
}

/** Tags that others have invalidated, as far as it has heard. */
async function heardOf({ metrics }: Pick<TestGateway<never>, 'metrics'>): Promise<number> {
  const text = await metrics.registry.metrics();
  return Number(/^weir_cache_store_invalidated_tags_total\{origin="fleet"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** Nothing says more than that. */
const LONGEST_MS = 40_000;

/**
 * Graphs, policies, operations, callers, invalidations and time at random, and several requests at the same time, while what
 * subgraphs answer changes: a gateway with caches answers what one without answers, but for values that are as old as they
 * may be, and none of another caller. So do two that share Redis.
 */
test.each([
  [1, 'memory'],
  [2, 'memory'],
  [3, 'memory'],
  [4, 'memory'],
  [5, 'Redis'],
  [6, 'Redis'],
  [7, 'Redis'],
  [8, 'Redis'],
] as const)(
  'of a graph at random is served what was true for its caller: seed %i, %s',
  async (seed, storage) => {
    const graph = randomGraph(seed);
    const issuer = await startIssuer();
    const clock = handClock();
    clock.at = Date.now();
    const random = createRandom(seed * 1_000);
    const below = (count: number): number => Math.floor(random() * count);
    const subgraphs = Object.fromEntries(
      Object.keys(graph.subgraphs).map(name => [name, { identity: graph.told.includes(name) }]),
    );
    const config = {
      identity: { jwt: { providers: [issuer.provider] } },
      execution: { replay: '0B', subgraphs },
    };
    const caching = {
      ...config,
      ...(storage === 'Redis'
        ? { storage: { redis: { url: REDIS_URL, prefix: `test-${randomId()}`, readTimeout: '5s' } } }
        : {}),
      cache: { ...graph.cache, responses: { enabled: seed % 4 !== 0 } },
    };
    await using cached = await startGateway({ clock, subgraphs: graph.subgraphs, config: caching });
    await using other = await startGateway({
      clock,
      supergraphSdl: cached.gateway.generation().sdl,
      config: caching,
    });
    await using plain = await startGateway({ clock, supergraphSdl: cached.gateway.generation().sdl, config });
    const operations = generateOperations(cached.gateway.generation().apiSchema, {
      seed,
      count: OPERATIONS,
      maxDepth: 4,
      samples: { n: [1, 2] },
    });
    const callers = [null, 'ann', 'bob'].map(sub => ({
      sub,
      headers: (sub === null
        ? {}
        : {
            authorization: `Bearer ${issuer.token({ sub, exp: Math.floor(Date.now() / 1_000) + 86_400 })}`,
          }) as Record<string, string>,
    }));
    /** When each version came to be true. */
    const since = [clock.at];
    const forgottenAt = new Map<string, number>();
    let kept = 0;
    const request = async (step: number): Promise<void> => {
      const caller = callers[below(callers.length)] ?? { sub: null, headers: {} };
      const operation = operations[below(operations.length)];
      // Without Redis it would not hear of what is forgotten.
      const gateway = storage === 'Redis' && random() < 0.5 ? other : cached;
      const response = await gateway.handle(graphqlRequest(operation, caller.headers));
      const state = response.headers.get('x-cache');
      const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
      const told = JSON.stringify({ seed, step, caller: caller.sub, state, operation, data, errors });
      for (const [, coordinate = '', version = '', who] of JSON.stringify(data).matchAll(VALUE)) {
        if (who !== undefined) expect(who, told).toBe(caller.sub ?? 'nobody');
        const allowed = graph.allowedMs.get(coordinate) ?? LONGEST_MS;
        const oldest = Math.max(clock.at - allowed, forgottenAt.get(coordinate.split('.')[0] ?? '') ?? 0);
        expect(
          since[Number(version) + 1] ?? Number.POSITIVE_INFINITY,
          `${coordinate} in ${told}`,
        ).toBeGreaterThanOrEqual(oldest);
        if (Number(version) < graph.version) kept++;
      }
      const expected = await (await plain.handle(graphqlRequest(operation, caller.headers))).json();
      const timeless = (value: unknown) => JSON.stringify(value)?.replaceAll(/@\d+/g, '@');
      expect(timeless({ data, errors }), told).toBe(timeless(expected));
    };
    for (let step = 0; step < STEPS; step++) {
      clock.at += 1 + below(6_000);
      if (random() < 0.4) {
        graph.version++;
        since.push(clock.at);
      }
      if (random() < 0.05) {
        const type = graph.types[below(graph.types.length)] ?? '';
        const payload = { kind: 'type', type };
        const before = await heardOf(other);
        await cached.gateway.admin.inject({ method: 'POST', url: '/cache/invalidate', payload });
        forgottenAt.set(type, clock.at);
        if (storage === 'Redis')
          await vi.waitFor(async () => expect(await heardOf(other)).toBeGreaterThan(before), PATIENCE);
      }
      const together = random() < 0.3 ? MOST_TOGETHER : 1;
      await Promise.all(Array.from({ length: together }, () => request(step)));
      // What is made anew behind an answer is done before the next.
      await untilAllEnded(cached, [other, plain]);
    }
    expect(kept).toBeGreaterThan(0);
    await issuer[Symbol.asyncDispose]();
  },
);
