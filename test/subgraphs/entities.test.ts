import { describe, expect, it } from 'vitest';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { askEntities } from './ask.ts';

describe('the users subgraph', () => {
  it('resolves users, organizations and memberships by key, and null for nobody', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    const found = await askEntities(
      users,
      [
        { __typename: 'User', id: 'u-2' },
        { __typename: 'User', id: 'u-0' },
        { __typename: 'Organization', id: 'org-3' },
        { __typename: 'Membership', id: 'm-2', organization: { id: 'org-3' } },
      ],
      '... on User { username } ... on Organization { tenant } ... on Membership { user { id } }',
    );
    expect(found).toEqual([
      { username: 'hedy.fischer.2' },
      null,
      { tenant: 'south' },
      { user: { id: 'u-53' } },
    ]);
  });

  it('tells memberships with the same id apart by their organization', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    const key = (organization: string) => ({
      __typename: 'Membership',
      id: 'm-1',
      organization: { id: organization },
    });
    const found = await askEntities(
      users,
      [key('org-1'), key('org-2'), key('org-99')],
      '... on Membership { user { id } }',
    );
    expect(found).toEqual([{ user: { id: 'u-1' } }, { user: { id: 'u-2' } }, null]);
  });

  it('adds likes to any media by the key of the interface', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    const found = await askEntities(
      users,
      [{ __typename: 'Media', id: 'md-2' }],
      '... on Media { likes likedBy(first: 1) { id } }',
    );
    expect(found).toEqual([{ likes: expect.any(Number), likedBy: [{ id: expect.stringMatching(/^u-/) }] }]);
  });
});

describe('the orders subgraph', () => {
  it('resolves orders and what it adds to users, organizations and memberships', async () => {
    await using orders = await startSubgraph('orders', { port: 0 });
    const found = await askEntities(
      orders,
      [
        { __typename: 'Order', id: 'o-7' },
        { __typename: 'User', id: 'u-7', loyaltyPoints: 500 },
        { __typename: 'Organization', id: 'org-7' },
        { __typename: 'Membership', id: 'm-1', organization: { id: 'org-31' } },
      ],
      `... on Order { user { id } } ... on User { discount orders(first: 1) { id } } ... on Organization { name }
       ... on Membership { approvedOrders(first: 1) { id } }`,
    );
    expect(found).toEqual([
      { user: { id: 'u-7' } },
      { discount: 0.1, orders: [{ id: 'o-4007' }] },
      { name: 'Hopper & Costa 7' },
      { approvedOrders: [{ id: expect.stringMatching(/^o-/) }] },
    ]);
  });

  it('computes shipping from the price, weight and dimensions that it is handed', async () => {
    await using orders = await startSubgraph('orders', { port: 0 });
    const dimensions = { length: 10, width: 10, height: 10 };
    const found = await askEntities(
      orders,
      [
        { __typename: 'Product', id: 'p-1', price: 50, weight: 1, dimensions },
        { __typename: 'Product', id: 'p-1', price: 200, weight: 30, dimensions },
      ],
      '... on Product { shippingClass shippingEstimate us: shippingEstimate(destination: US, express: true) }',
    );
    expect(found).toEqual([
      { shippingClass: 'LETTER', shippingEstimate: 3.4, us: 11.4 },
      { shippingClass: 'FREIGHT', shippingEstimate: 31.5, us: 201 },
    ]);
  });

  it('verifies a purchase from the author and product that it is handed', async () => {
    await using orders = await startSubgraph('orders', { port: 0 });
    const review = (product: string) => ({
      __typename: 'Review',
      id: 'r-1',
      author: { id: 'u-1' },
      product: { id: product },
    });
    // The first item of o-1, which u-1 placed, is p-8.
    const found = await askEntities(
      orders,
      [review('p-8'), review('p-0')],
      '... on Review { verifiedPurchase }',
    );
    expect(found).toEqual([{ verifiedPurchase: true }, { verifiedPurchase: false }]);
  });
});

describe('the products subgraph', () => {
  it('resolves a product by either key', async () => {
    await using products = await startSubgraph('products', { port: 0 });
    const found = await askEntities(
      products,
      [
        { __typename: 'Product', id: 'p-4' },
        { __typename: 'Product', tenant: 'north', sku: 'sku-2' },
        { __typename: 'Product', tenant: 'south', sku: 'sku-2' },
        { __typename: 'Product', tenant: 'east', sku: 'sku-2' },
      ],
      '... on Product { id sku }',
    );
    const four = { id: 'p-4', sku: 'sku-2' };
    expect(found).toEqual([four, four, { id: 'p-3', sku: 'sku-2' }, null]);
  });

  it('says which kind a media is when it is named by the interface', async () => {
    await using products = await startSubgraph('products', { port: 0 });
    const found = await askEntities(
      products,
      [
        { __typename: 'Media', id: 'md-1' },
        { __typename: 'Media', id: 'md-2' },
        { __typename: 'Video', id: 'md-2' },
      ],
      '__typename ... on Media { product { id } } ... on Manual { languages }',
    );
    expect(found).toEqual([
      { __typename: 'Manual', product: { id: 'p-1' }, languages: ['en', 'de'] },
      { __typename: 'Video', product: { id: 'p-2' } },
      { __typename: 'Video', product: { id: 'p-2' } },
    ]);
  });

  it('resolves reviews, and users with the reviews they wrote', async () => {
    await using products = await startSubgraph('products', { port: 0 });
    const [review] = (await askEntities(
      products,
      [{ __typename: 'Review', id: 'r-1' }],
      '... on Review { author { id name } }',
    )) as [{ author: { id: string; name: string } }];
    const found = await askEntities(
      products,
      [{ __typename: 'User', id: review.author.id }],
      '... on User { reviews(first: 100) { author { id } } }',
    );
    expect(found).toEqual([{ reviews: expect.arrayContaining([{ author: { id: review.author.id } }]) }]);
  });
});
