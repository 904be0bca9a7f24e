import { describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '../../subgraphs/shared/serve.ts';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { ask, askEntities } from './ask.ts';

function sizesOf(subgraph: RunningSubgraph, loader: string): number[] {
  return subgraph.batches.filter(batch => batch.loader === loader).map(({ size }) => size);
}

describe('a subgraph', () => {
  it('loads the users of a hundred entities at once', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    const references = Array.from({ length: 100 }, (_, index) => ({
      __typename: 'User',
      id: `u-${index + 1}`,
    }));
    await askEntities(users, references, '... on User { name organization { name } }');
    expect(sizesOf(users, 'user')).toEqual([100]);
    expect(sizesOf(users, 'organization')).toEqual([50]);
  });

  it('loads an entity once, however often it is asked for', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    const references = Array.from({ length: 10 }, () => ({ __typename: 'User', id: 'u-1' }));
    await askEntities(users, references, '... on User { name membership { title } }');
    expect(sizesOf(users, 'user')).toEqual([1]);
    expect(sizesOf(users, 'membership')).toEqual([1]);
  });

  it('sees that two composite keys are the same', async () => {
    await using products = await startSubgraph('products', { port: 0 });
    const key = { __typename: 'Product', tenant: 'north', sku: 'sku-1' };
    await askEntities(products, [key, { ...key }, { ...key, sku: 'sku-2' }], '... on Product { name }');
    expect(sizesOf(products, 'productBySku')).toEqual([2]);
  });

  it('loads the reviews of a list of products at once, and their products', async () => {
    await using products = await startSubgraph('products', { port: 0 });
    await ask(products, {
      query: '{ products(first: 20) { reviews { product { name } } averageRating media { title } } }',
    });
    expect(sizesOf(products, 'reviewsOf')).toEqual([20]);
    expect(sizesOf(products, 'mediaOf')).toEqual([20]);
    expect(sizesOf(products, 'product')).toHaveLength(1);
  });

  it('loads the orders of a list of users at once', async () => {
    await using orders = await startSubgraph('orders', { port: 0 });
    await ask(orders, { query: '{ orders(first: 20) { user { orders { total } } } }' });
    expect(sizesOf(orders, 'ordersOf')).toEqual([20]);
  });

  it('remembers nothing from one request to the next', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    await ask(users, { query: '{ user(id: "u-1") { name } }' });
    await ask(users, { query: '{ user(id: "u-1") { name } }' });
    expect(sizesOf(users, 'user')).toEqual([1, 1]);
  });
});
