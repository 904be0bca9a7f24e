import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { startKeptShop } from './kept-shop.ts';

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
    // It is kept with what was compressed when that is done.
    await sleep(50);
  }
  expect(states).toEqual(['MISS', 'HIT', 'HIT', 'HIT', 'HIT']);
  expect(shop.requestCount()).toBe(1);
});
