import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { ordersSubgraph } from '../../subgraphs/orders/subgraph.ts';
import { productsSubgraph } from '../../subgraphs/products/subgraph.ts';
import type { ChaosInput } from '../../subgraphs/shared/chaos-input.ts';
import type { RunningSubgraph } from '../../subgraphs/shared/serve.ts';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { usersSubgraph } from '../../subgraphs/users/subgraph.ts';
import { composeSupergraph } from '../support/compose.ts';
import { startOwnTime } from '../support/own-time.ts';
import { startGateway } from '../support/start-gateway.ts';
import { handClock } from '../support/test-identity.ts';

const PROBES = 2;
const PAST_OPEN_FOR_MS = 6_500;

/** @param timeout of products: short only where a test waits for it */
const configWith = (timeout: string): GatewayConfigInput => ({
  breakers: {
    default: { window: '6 calls', minimumCalls: 3, openFor: '5s', maxOpenFor: '5s', probes: PROBES },
    fields: { 'Product.averageRating': {} },
  },
  execution: {
    replay: '0B',
    sharing: { operations: false, fetches: false },
    subgraphs: {
      all: { retry: { attempts: 3, backoff: '1ms', maxBackoff: '2ms', floor: 1_000 } },
      products: { timeout },
    },
  },
});

const QUERY =
  '{ user(id: "u-1") { name orders(first: 1) { id } } product(id: "p-1") { name averageRating } }';
const WHOLE = 'product';
const ONE_FIELD = 'product.averageRating';

/** What the fault switch of the example can do, and what becomes of which field. */
const FAULTS: readonly (readonly [fault: ChaosInput, code: string, path: string])[] = [
  [{ status: 500 }, 'SUBGRAPH_UNAVAILABLE', WHOLE],
  [{ status: 503 }, 'SUBGRAPH_UNAVAILABLE', WHOLE],
  [{ status: 429 }, 'SUBGRAPH_BAD_RESPONSE', WHOLE],
  [{ errorRate: 1 }, 'SUBGRAPH_UNAVAILABLE', WHOLE],
  [{ hang: true }, 'SUBGRAPH_TIMEOUT', WHOLE],
  [{ latency: 60_000 }, 'SUBGRAPH_TIMEOUT', WHOLE],
  [{ reset: true }, 'SUBGRAPH_UNAVAILABLE', WHOLE],
  [{ truncated: true }, 'SUBGRAPH_UNAVAILABLE', WHOLE],
  [{ garbage: true }, 'SUBGRAPH_BAD_RESPONSE', WHOLE],
  [{ wrongShape: true }, 'SUBGRAPH_BAD_RESPONSE', WHOLE],
  [{ field: 'Product.averageRating', errorRate: 1 }, 'SUBGRAPH_ERROR', ONE_FIELD],
];

const DEFINITIONS = [usersSubgraph, ordersSubgraph, productsSubgraph];

describe('of the example', () => {
  const running: RunningSubgraph[] = [];
  const products = (): RunningSubgraph => running[2] as RunningSubgraph;
  beforeAll(async () => {
    for (const { name } of DEFINITIONS)
      running.push(await startSubgraph(name as 'users', { port: 0, chaos: true }));
  });
  afterEach(() => products().setChaos(null));
  afterAll(async () => {
    for (const subgraph of running) await subgraph[Symbol.asyncDispose]();
  });

  async function start(timeout = '5s') {
    const clock = handClock();
    const schemas = DEFINITIONS.map(({ name, typeDefs }, index) => {
      const { url } = running[index] as RunningSubgraph;
      return { name, typeDefs, url };
    });
    const gateway = await startGateway({
      supergraphSdl: composeSupergraph(schemas),
      config: configWith(timeout),
      clock,
    });
    /** @returns the code of what failed, and where */
    async function failed(): Promise<{ readonly code: unknown; readonly path: string } | null> {
      const { data, errors } = await gateway.ask(QUERY);
      expect(data?.['user']).toEqual({ name: expect.any(String), orders: [{ id: expect.any(String) }] });
      if (errors === undefined) return null;
      expect(errors).toHaveLength(1);
      const [{ path, extensions } = {}] = errors;
      return { code: extensions?.['code'], path: path?.join('.') ?? '' };
    }
    return Object.assign(gateway, { clock, failed });
  }

  test.each(FAULTS)(
    'products with %j fails its own fields, is left alone, and is found well again',
    async (fault, code, path) => {
      await using gateway = await start(code === 'SUBGRAPH_TIMEOUT' ? '600ms' : '5s');
      products().setChaos(fault);
      const before = products().requests;
      /** Requests for what is broken; what is not may go on. */
      const asked = (): number =>
        products()
          .lastOperations.slice(before - products().requests)
          .filter(({ query }) => query.includes('averageRating')).length;
      using time = startOwnTime();
      for (let failure = 0; failure < 3; failure++) expect(await gateway.failed()).toEqual({ code, path });
      // Three times the time of three attempts.
      expect(time.ms).toBeLessThan(12_000);
      const attempts = asked();
      expect(attempts).toBeLessThanOrEqual(9);
      for (let call = 0; call < 10; call++)
        expect(await gateway.failed()).toEqual({ code: 'CIRCUIT_OPEN', path });
      expect(asked()).toBe(attempts);

      gateway.clock.at += PAST_OPEN_FOR_MS;
      for (let call = 0; call < 10; call++) expect(await gateway.failed()).toMatchObject({ path });
      expect(asked()).toBeLessThanOrEqual(attempts + PROBES);

      products().setChaos(null);
      gateway.clock.at += PAST_OPEN_FOR_MS;
      for (let call = 0; call < PROBES + 5; call++) expect(await gateway.failed()).toBeNull();
    },
  );

  test('products that is stopped fails its own fields, and answers as soon as it is started again', async () => {
    await using gateway = await start();
    const { port } = products();
    await products()[Symbol.asyncDispose]();
    const down = (code: string) => ({ code, path: WHOLE });
    for (let failure = 0; failure < 3; failure++)
      expect(await gateway.failed()).toEqual(down('SUBGRAPH_UNAVAILABLE'));
    expect(await gateway.failed()).toEqual(down('CIRCUIT_OPEN'));
    running[2] = await startSubgraph('products', { port, chaos: true });
    gateway.clock.at += PAST_OPEN_FOR_MS;
    for (let call = 0; call < PROBES + 5; call++) expect(await gateway.failed()).toBeNull();
    expect(products().requests).toBe(PROBES + 5);
  });
});
