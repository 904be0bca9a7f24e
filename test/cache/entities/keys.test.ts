import { expect, test } from 'vitest';
import { at } from './kept-graph.ts';
import { askedIds, type KeptShop, startKeptShop } from './kept-shop.ts';

/** Asks twice; whether the second time was answered from what was kept of the first. */
async function shares(shop: KeptShop, one: Parameters<KeptShop['ask']>, other = one): Promise<boolean> {
  await shop.ask(...one);
  shop.takeAsked('stock');
  const { data, errors } = await shop.ask(...other);
  expect(errors).toEqual([]);
  expect(data).not.toBeNull();
  return shop.takeAsked('stock').length === 0;
}

const PRICE = 'query ($c: String) { products(ids: ["1"]) { price(currency: $c) } }';
const MINE = '{ products(ids: ["1"]) { mine } }';

test('variables are part of the key: value, absence and null', async () => {
  await using shop = await startKeptShop();
  const prices = [];
  for (const variables of [{ c: 'USD' }, { c: null }, {}, { c: 'USD' }, { c: '["USD"]' }])
    prices.push(at((await shop.ask(PRICE, variables)).data, 'products', 0, 'price'));
  expect(prices).toEqual(['1 USD', '1 null', '1 EUR', '1 USD', '1 ["USD"]']);
  expect(askedIds(shop)).toHaveLength(4);
});

test('types of variables are part of the key', async () => {
  await using shop = await startKeptShop();
  const first = (type: string) => `query ($n: ${type}) { products(ids: ["1"]) { tags(first: $n) } }`;
  expect(await shares(shop, [first('Int'), { n: 1 }])).toBe(true);
  expect(await shares(shop, [first('Int'), { n: 1 }], [first('Int!'), { n: 1 }])).toBe(false);
});

test('variables that a selection does not use make no difference', async () => {
  await using shop = await startKeptShop();
  const query = 'query ($ids: [ID!]!) { products(ids: $ids) { stock } }';
  expect(await shares(shop, [query, { ids: ['1', '2'] }], [query, { ids: ['2', '1'] }])).toBe(true);
});

test('names of operations make no difference, names of fields in the answer do', async () => {
  await using shop = await startKeptShop();
  const stock = (head: string, field: string) => `${head} { products(ids: ["1"]) { ${field} } }`;
  expect(await shares(shop, [stock('query A', 'stock')], [stock('query B', 'stock')])).toBe(true);
  expect(await shares(shop, [stock('', 'stock')], [stock('', 'stock: price')])).toBe(false);
  expect((await shop.ask(stock('', 'stock'))).data).toEqual({ products: [{ stock: 1 }] });
});

test('two callers of whom the subgraph is told different things never share', async () => {
  await using shop = await startKeptShop();
  const [ann, bob] = [{ told: ['x-user-id', 'ann'] }, { told: ['x-user-id', 'bob'] }];
  expect(await shares(shop, [MINE, {}, ann], [MINE, {}, bob])).toBe(false);
  expect(at((await shop.ask(MINE, {}, ann)).data, 'products', 0, 'mine')).toBe('x-user-id=ann');
  expect(at((await shop.ask(MINE, {}, bob)).data, 'products', 0, 'mine')).toBe('x-user-id=bob');
  expect(askedIds(shop)).toEqual([]);
});

test('PRIVATE values are kept for each subject, and for nobody without one', async () => {
  await using shop = await startKeptShop({ fields: { 'Product.mine': { scope: 'PRIVATE' } } });
  const [ann, bob] = ['ann', 'bob'].map(subject => ({ keeping: { subject, factor: 1, since: 0 } }));
  expect(await shares(shop, [MINE, {}, ann])).toBe(true);
  expect(await shares(shop, [MINE, {}, ann], [MINE, {}, bob])).toBe(false);
  expect(await shares(shop, [MINE, {}, {}])).toBe(false);
  // What is not private beside it is everybody's.
  expect(
    await shares(
      shop,
      ['{ products(ids: ["1"]) { stock } }', {}, ann],
      ['{ products(ids: ["1"]) { stock } }'],
    ),
  ).toBe(true);
});

test('a persona shortens times, or has nothing kept', async () => {
  await using shop = await startKeptShop();
  const half = { keeping: { subject: null, factor: 0.5, since: 0 } };
  const none = { keeping: { subject: null, factor: 0, since: 0 } };
  await shop.ask(MINE);
  shop.clock.at += 40_000;
  expect(await shares(shop, [MINE], [MINE, {}, half])).toBe(false);
  expect(await shares(shop, [MINE], [MINE, {}, none])).toBe(false);
  expect(await shares(shop, [MINE, {}, none], [MINE, {}, none])).toBe(false);
});

test('representations are the same whatever the order of their keys', async () => {
  await using shop = await startKeptShop();
  const keys = async (text: string) => {
    await shop.ask(text);
    return shop.takeAsked('stock').length;
  };
  expect(await keys('{ products(ids: ["1"]) { id stock } }')).toBe(1);
  expect(await keys('{ products(ids: ["1"]) { stock id } }')).toBe(0);
});

test('@skip and @include decide how long, with the variables of the request', async () => {
  await using shop = await startKeptShop({ fields: { 'Product.price': { maxAge: '0s' } } });
  const query = 'query ($p: Boolean!) { products(ids: ["1"]) { stock price @include(if: $p) } }';
  expect(await shares(shop, [query, { p: true }])).toBe(false);
  expect(await shares(shop, [query, { p: false }])).toBe(true);
});
