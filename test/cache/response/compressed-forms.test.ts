import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

async function keptBytes({ metrics }: KeptShop): Promise<number> {
  const text = await metrics.registry.getSingleMetricAsString('weir_cache_store_memory_bytes');
  return Number(/^weir_cache_store_memory_bytes (\d+)$/m.exec(text)?.[1]);
}

test('an answer that is too large with its compressed forms beside it is kept all the same', async () => {
  await using shop = await startKeptShop({ cache: { jitter: 0, maxEntry: '100KiB' } });
  // Compressed it is half as large.
  shop.rename(randomBytes(40_000).toString('hex'));
  const states: (string | null)[] = [];
  for (const coding of ['gzip', 'br', 'gzip', 'br', 'gzip']) {
    const request = graphqlRequest({ query: '{ cheapest { name } }' }, { 'accept-encoding': coding });
    const response = await shop.handle(request);
    await response.text();
    states.push(response.headers.get('x-cache'));
    await vi.waitFor(async () => expect(await keptBytes(shop)).toBeGreaterThan(0), PATIENCE);
    // It is kept with what was compressed when that is done.
    await sleep(50);
  }
  expect(states).toEqual(['MISS', 'HIT', 'HIT', 'HIT', 'HIT']);
  expect(shop.requestCount()).toBe(1);
});
