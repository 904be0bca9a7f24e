import { expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { REDIS_URL } from '../../storage/redis-proxy.ts';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

async function ask(shop: KeptShop, query: string) {
  const response = await shop.handle(graphqlRequest({ query }));
  const body = (await response.json()) as { extensions?: { cost?: { actual: number } } };
  return [response.headers.get('x-cache'), body.extensions?.cost?.actual];
}

/** Two gateways on one Redis that count answers by different weights, and what the second has of the first's. */
async function secondOfTwo(show: boolean): Promise<readonly unknown[]> {
  const storage = { redis: { url: REDIS_URL, prefix: `test-${randomId()}`, readTimeout: '5s' } };
  const configOf = (weight: number): GatewayConfigInput => ({
    execution: { subgraphs: { all: { identity: false } }, replay: '0B' },
    storage,
    personas: { all: { match: { default: true }, cost: { show } } },
    policy: { cost: { mode: 'measure', weights: { Product: weight } } },
  });
  await using first = await startKeptShop(configOf(1));
  await using same = await startKeptShop(configOf(1), first);
  await using second = await startKeptShop(configOf(7), first);
  const shops = [first, same, second];
  let attempt = 0;
  let found: readonly unknown[] = [];
  // Until all of them have found Redis.
  await vi.waitFor(async () => {
    for (const shop of shops) shop.clock.at += 1_000;
    const query = `query Q${attempt++} { cheapest { id } }`;
    expect(await ask(first, query)).toEqual(['MISS', show ? 1 : undefined]);
    expect(await ask(same, query)).toEqual(['HIT', show ? 1 : undefined]);
    found = await ask(second, query);
  }, PATIENCE);
  return found;
}

test('a kept answer tells no cost that was counted by other weights', async () => {
  expect(await secondOfTwo(true)).toEqual(['MISS', 7]);
});

test('and is shared all the same where nobody is told of costs', async () => {
  expect(await secondOfTwo(false)).toEqual(['HIT', undefined]);
});
