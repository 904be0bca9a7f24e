import { describe, expect, it } from 'vitest';
import { createOrdersData } from '../../subgraphs/orders/data.ts';
import { createProductsData } from '../../subgraphs/products/data.ts';
import { createRandom, integer, pick } from '../../subgraphs/shared/random.ts';
import { createUsersData } from '../../subgraphs/users/data.ts';

function rows(map: ReadonlyMap<string, unknown>): unknown[] {
  return [...map.values()];
}

describe('the example data', () => {
  it('has the promised size', () => {
    expect(createUsersData().users.size).toBe(1_000);
    expect(createProductsData().products.size).toBe(400);
    expect(createOrdersData().orders.size).toBe(5_000);
    expect(createProductsData().reviews.size).toBe(3_000);
  });

  it('is the same on every start', () => {
    expect(rows(createUsersData().users)).toEqual(rows(createUsersData().users));
    expect(rows(createOrdersData().orders)).toEqual(rows(createOrdersData().orders));
    expect(rows(createProductsData().reviews)).toEqual(rows(createProductsData().reviews));
    expect(createUsersData().users.get('u-1')).toMatchObject({
      username: 'grace.fischer.1',
      loyaltyPoints: 122,
    });
  });

  it('refers only to entities that exist', () => {
    const { users, memberships } = createUsersData();
    const { products, bySku, media, reviews } = createProductsData();
    for (const user of users.values()) {
      expect(user.wishlist.every(({ tenant, sku }) => bySku.has(`${tenant}/${sku}`))).toBe(true);
      expect(user.likedMedia.every(id => media.has(id))).toBe(true);
    }
    for (const order of createOrdersData().orders.values()) {
      expect(users.has(order.user.id)).toBe(true);
      expect(order.items.every(item => products.has(item.product.id))).toBe(true);
      if (order.approvedBy) {
        expect(memberships.has(`${order.approvedBy.organization.id}/${order.approvedBy.id}`)).toBe(true);
      }
    }
    for (const review of reviews.values()) {
      expect(users.get(review.author.id)?.name).toBe(review.author.name);
      expect(products.has(review.product.id)).toBe(true);
    }
  });

  it('gives both halves of a composite key more than once, and both together once', () => {
    const products = [...createProductsData().products.values()];
    expect(new Set(products.map(({ tenant }) => tenant)).size).toBe(2);
    expect(new Set(products.map(({ sku }) => sku)).size).toBe(200);
    expect(createProductsData().bySku.size).toBe(400);
  });

  it('forgets the oldest additions beyond a thousand, in every index', () => {
    const data = createOrdersData();
    const order = {
      userId: 'u-9',
      lines: [{ productNumber: 1, quantity: 100 }],
      currency: 'EUR',
      shippingAddress: { street: 'a', city: 'b', postcode: 'c', country: 'DE' },
      note: null,
      createdAt: '2025-01-01T00:00:00.000Z',
    } as const;
    for (let n = 0; n < 1_003; n += 1) data.add(order);
    expect(data.orders.size).toBe(6_000);
    expect(data.orders.has('o-5003')).toBe(false);
    expect(data.orders.has('o-5004')).toBe(true);
    expect(data.ordersOf.get('u-9')).toHaveLength(1_005);
    expect(data.ordersOf.get('u-9')).toContain('o-9');
    expect(data.approvedBy.get('org-9/m-2')).not.toContain('o-5003');
  });

  it('forgets added reviews in the same way', () => {
    const data = createProductsData();
    const author = { id: 'u-9', name: 'x' };
    const before = data.reviewsBy.get('u-9')?.length ?? 0;
    for (let n = 0; n < 1_002; n += 1) {
      data.add({
        rating: 1,
        text: '',
        createdAt: '2025-01-01T00:00:00.000Z',
        author,
        product: { id: 'p-1' },
      });
    }
    expect(data.reviews.size).toBe(4_000);
    expect(data.reviews.has('r-3002')).toBe(false);
    expect(data.reviewsBy.get('u-9')).toHaveLength(before + 1_000);
  });
});

describe('the generator of random numbers', () => {
  it('repeats itself for a seed and differs between seeds', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('reaches both ends of a range and nothing beyond', () => {
    const random = createRandom(3);
    const drawn = new Set(Array.from({ length: 500 }, () => integer(random, 2, 5)));
    expect([...drawn].sort()).toEqual([2, 3, 4, 5]);
  });

  it('refuses to pick from nothing', () => {
    expect(() => pick(createRandom(1), [])).toThrow(RangeError);
  });
});
