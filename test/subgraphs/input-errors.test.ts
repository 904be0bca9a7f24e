import { describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '../../subgraphs/shared/serve.ts';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { type Answer, ask } from './ask.ts';

function faultOf({ data, errors }: Answer): unknown {
  return { data, extensions: errors?.map(error => error.extensions) };
}

const PLACE =
  'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { id total currency user { id } createdAt } }';
const REVIEW =
  'mutation ($input: AddReviewInput!) { addReview(input: $input) { id rating author { name } } }';
const now = () => Date.UTC(2030, 0, 2);

describe('placing an order', () => {
  it.each([
    ['no items', { items: [] }, 'BAD_USER_INPUT', 'input.items'],
    ['too many items', { items: Array(21).fill({ productId: 'p-1' }) }, 'BAD_USER_INPUT', 'input.items'],
    [
      'a quantity of none',
      { items: [{ productId: 'p-1', quantity: 0 }] },
      'BAD_USER_INPUT',
      'input.items.0.quantity',
    ],
    [
      'an unknown product',
      { items: [{ productId: 'p-1' }, { productId: 'p-0' }] },
      'NOT_FOUND',
      'input.items.1.productId',
    ],
    [
      'a note too long',
      { items: [{ productId: 'p-1' }], note: 'x'.repeat(501) },
      'BAD_USER_INPUT',
      'input.note',
    ],
    [
      'an address too long',
      {
        items: [{ productId: 'p-1' }],
        shippingAddress: { street: 'x'.repeat(101), city: 'a', postcode: 'b' },
      },
      'BAD_USER_INPUT',
      'input.shippingAddress.street',
    ],
  ])('refuses %s and names the field', async (_, input, code, field) => {
    await using orders = await startSubgraph('orders', { port: 0 });
    const answer = await ask(orders, { query: PLACE, variables: { input }, callerId: 'u-1' });
    expect(faultOf(answer)).toEqual({ data: { placeOrder: null }, extensions: [{ code, field }] });
  });

  it('orders for the caller, at the time of the clock, and shows up first', async () => {
    await using orders = await startSubgraph('orders', { port: 0, now });
    const input = { items: [{ productId: 'p-1', quantity: 2 }, { productId: 'p-2' }], currency: 'USD' };
    const { data } = await ask(orders, { query: PLACE, variables: { input }, callerId: 'u-9' });
    expect(data).toEqual({
      placeOrder: {
        id: 'o-5001',
        total: expect.any(Number),
        currency: 'USD',
        user: { id: 'u-9' },
        createdAt: '2030-01-02T00:00:00.000Z',
      },
    });
    const newest = await ask(orders, { query: '{ orders(first: 1) { id } }' });
    expect(newest.data).toEqual({ orders: [{ id: 'o-5001' }] });
  });
});

describe('cancelling an order', () => {
  const CANCEL = 'mutation ($id: ID!) { cancelOrder(id: $id) { status } }';
  const CANCELLED = { data: { cancelOrder: { status: 'CANCELLED' } }, extensions: undefined };

  async function findPending(orders: RunningSubgraph): Promise<{ id: string; owner: string }> {
    const query = '{ orders(first: 1, status: PENDING) { id user { id } } }';
    const { data } = await ask(orders, { query });
    const [order] = (data as { orders: [{ id: string; user: { id: string } }] }).orders;
    return { id: order.id, owner: order.user.id };
  }

  it('cancels one of the caller that is pending, once', async () => {
    await using orders = await startSubgraph('orders', { port: 0 });
    const { id, owner } = await findPending(orders);
    const question = { query: CANCEL, variables: { id }, callerId: owner };
    expect(faultOf(await ask(orders, question))).toEqual(CANCELLED);
    expect(faultOf(await ask(orders, question))).toEqual({
      data: { cancelOrder: null },
      extensions: [{ code: 'BAD_USER_INPUT', field: 'id' }],
    });
  });

  it('cancels that of anybody for support', async () => {
    await using orders = await startSubgraph('orders', { port: 0 });
    const { id } = await findPending(orders);
    const question = { query: CANCEL, variables: { id }, callerId: 'u-20', roles: 'staff,support' };
    expect(faultOf(await ask(orders, question))).toEqual(CANCELLED);
  });

  it('finds neither an unknown one nor that of somebody else, and leaves it as it was', async () => {
    await using orders = await startSubgraph('orders', { port: 0 });
    const { id } = await findPending(orders);
    const answers = [id, 'o-0'].map(other =>
      ask(orders, { query: CANCEL, variables: { id: other }, callerId: 'u-20', roles: 'staff,supporter' }),
    );
    const [foreign, unknown] = await Promise.all(answers);
    expect(faultOf(foreign as Answer)).toEqual({
      data: { cancelOrder: null },
      extensions: [{ code: 'NOT_FOUND', field: 'id' }],
    });
    expect(foreign).toEqual(unknown);
    expect(await findPending(orders)).toMatchObject({ id });
  });
});

describe('what only somebody can do', () => {
  it.each([
    ['orders', 'mutation { placeOrder(input: { items: [{ productId: "p-1" }] }) { id } }'],
    ['orders', 'mutation { cancelOrder(id: "o-1") { id } }'],
    ['products', 'mutation { addReview(input: { productId: "p-1", rating: 5 }) { id } }'],
  ] as const)('%s answers UNAUTHENTICATED to nobody in particular: %s', async (name, query) => {
    await using subgraph = await startSubgraph(name, { port: 0 });
    const { errors } = await ask(subgraph, { query });
    expect(errors?.map(error => error.extensions)).toEqual([{ code: 'UNAUTHENTICATED' }]);
  });
});

describe('adding a review', () => {
  it.each([
    ['a rating of 6', { productId: 'p-1', rating: 6 }, 'BAD_USER_INPUT', 'input.rating'],
    [
      'a text too long',
      { productId: 'p-1', rating: 5, text: 'x'.repeat(2_001) },
      'BAD_USER_INPUT',
      'input.text',
    ],
    ['an unknown product', { productId: 'p-0', rating: 5 }, 'NOT_FOUND', 'input.productId'],
  ])('refuses %s and names the field', async (_, input, code, field) => {
    await using products = await startSubgraph('products', { port: 0 });
    const answer = await ask(products, { query: REVIEW, variables: { input }, callerId: 'u-1' });
    expect(faultOf(answer)).toEqual({ data: { addReview: null }, extensions: [{ code, field }] });
  });

  it('reviews as the caller and shows up first', async () => {
    await using products = await startSubgraph('products', { port: 0, now });
    const { data } = await ask(products, {
      query: REVIEW,
      variables: { input: { productId: 'p-1', rating: 4 } },
      callerId: 'u-1',
    });
    expect(data).toEqual({ addReview: { id: 'r-3001', rating: 4, author: { name: 'Grace Fischer' } } });
    const newest = await ask(products, { query: '{ product(id: "p-1") { reviews(first: 1) { id } } }' });
    expect(newest.data).toEqual({ product: { reviews: [{ id: 'r-3001' }] } });
  });
});

describe('a query', () => {
  it.each([
    ['users', '{ users(first: 101) { totalCount } }', 'first'],
    ['users', '{ users(after: "nonsense") { totalCount } }', 'after'],
    ['orders', '{ orders(first: -1) { id } }', 'first'],
    ['products', '{ search(text: "  ") { __typename } }', 'text'],
  ] as const)('of %s is refused for bad input: %s', async (name, query, field) => {
    await using subgraph = await startSubgraph(name, { port: 0 });
    const { errors } = await ask(subgraph, { query });
    expect(errors?.map(error => error.extensions)).toEqual([{ code: 'BAD_USER_INPUT', field }]);
  });

  it('pages through users by cursor, also when a filter hides the one the cursor names', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    const one = await ask(users, {
      query: '{ users(first: 18) { pageInfo { endCursor hasPreviousPage } } }',
    });
    const { pageInfo } = (one.data as { users: { pageInfo: { endCursor: string } } }).users;
    const query =
      'query ($after: String) { users(first: 1, after: $after, role: SUPPORT) { nodes { id } pageInfo { hasPreviousPage } } }';
    const two = await ask(users, { query, variables: { after: pageInfo.endCursor } });
    expect(two.data).toEqual({ users: { nodes: [{ id: 'u-20' }], pageInfo: { hasPreviousPage: false } } });
  });

  it('takes a DateTime only where it is one', async () => {
    await using orders = await startSubgraph('orders', { port: 0 });
    const query = 'query ($at: DateTime) { orders(first: 1, filter: { placedAfter: $at }) { id } }';
    expect(
      (await ask(orders, { query, variables: { at: '2024-07-20T00:00:00+02:00' } })).errors,
    ).toBeUndefined();
    expect((await ask(orders, { query, variables: { at: '1' } })).errors).toHaveLength(1);
  });
});
