import { expect, test, vi } from 'vitest';
import { randomId } from '../../../src/shared/random-id.ts';
import { REDIS_URL } from '../../storage/redis-proxy.ts';
import { startGateway } from '../../support/start-gateway.ts';
import { entry } from '../store/contract.ts';
import { median, staysFor } from '../store/stays-for.ts';
import { PATIENCE, useRedisStore } from '../store/use-stores.ts';

const TYPE_DEFS = 'type Query { products: [Product] } type Product @key(fields: "id") { id: ID! }';

test('what operators invalidate at one gateway is gone from the memory of others within 100 ms', async () => {
  const prefix = `test-${randomId()}`;
  await using other = await useRedisStore({ prefix });
  await using asked = await startGateway({
    subgraphs: { products: { typeDefs: TYPE_DEFS } },
    config: { cache: {}, storage: { redis: { url: REDIS_URL, prefix, readTimeout: '5s' } } },
  });
  await vi.waitFor(
    () => expect(asked.log.map(({ message }) => message)).toContain('Redis is ready'),
    PATIENCE,
  );
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    other.store.put('k', entry(other, { tags: ['all', 'tag:product-1'] }));
    other.store.put('kept', entry(other, { tags: ['all', 'tag:product-2'] }));
    await vi.waitFor(() => expect(other.store.peek('k')).toBeDefined(), PATIENCE);
    const { statusCode } = await asked.gateway.admin.inject({
      method: 'POST',
      url: '/cache/invalidate',
      payload: { kind: 'tag', tag: 'product-1' },
    });
    times.push(await staysFor(other.store, 'k'));
    expect(statusCode).toBe(202);
    expect(await other.store.get(['k'])).toEqual([undefined]);
    expect(other.store.peek('kept')).toBeDefined();
  }
  expect(median(times)).toBeLessThan(100);
});
