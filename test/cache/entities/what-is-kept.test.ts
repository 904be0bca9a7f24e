import { describe, expect, test, vi } from 'vitest';
import { PATIENCE } from '../../support/patience.ts';
import { at } from './kept-graph.ts';
import { askedIds, type KeptShop, startKeptShop } from './kept-shop.ts';

const STOCK = '{ products(ids: ["1", "2"]) { stock } }';

/** How often the stock subgraph is asked when the same is wanted twice. */
async function timesAsked(shop: KeptShop, query = STOCK): Promise<number> {
  await shop.ask(query);
  await shop.ask(query);
  return askedIds(shop).length;
}

const KEPT = 1;
const NOT_KEPT = 2;

describe('what a reply says of itself', () => {
  test.each([
    ['no-store', NOT_KEPT],
    ['no-cache', NOT_KEPT],
    ['private', NOT_KEPT],
    ['max-age=0', NOT_KEPT],
    ['max-age=junk', NOT_KEPT],
    ['max-age=30', KEPT],
    ['public, max-age=99999', KEPT],
  ])('cache-control: %s', async (value, times) => {
    await using shop = await startKeptShop();
    shop.state.answering = () => ({ headers: { 'cache-control': value } });
    expect(await timesAsked(shop)).toBe(times);
  });

  test('its max-age and age shorten what is declared', async () => {
    await using shop = await startKeptShop();
    shop.state.answering = () => ({ headers: { 'cache-control': 'max-age=30', age: '20' } });
    await shop.ask(STOCK);
    shop.clock.at += 9_999;
    await shop.ask(STOCK);
    expect(askedIds(shop)).toHaveLength(1);
    shop.clock.at += 1;
    await shop.ask(STOCK);
    expect(askedIds(shop)).toHaveLength(1);
  });

  test.each([
    [{ headers: { vary: '*' } }, NOT_KEPT],
    [{ headers: { vary: 'accept-encoding' } }, KEPT],
    [{ status: 203 }, NOT_KEPT],
    [{ status: 404 }, NOT_KEPT],
  ])('%o', async (reply, times) => {
    await using shop = await startKeptShop();
    shop.state.answering = () => reply;
    expect(await timesAsked(shop)).toBe(times);
  });

  test('private for a private field is kept for its caller', async () => {
    await using shop = await startKeptShop({ fields: { 'Product.stock': { scope: 'PRIVATE' } } });
    const ann = { keeping: { subject: 'ann', factor: 1, since: 0 } };
    shop.state.answering = () => ({ headers: { 'cache-control': 'private, max-age=60' } });
    await shop.ask(STOCK, {}, ann);
    await shop.ask(STOCK, {}, ann);
    expect(askedIds(shop)).toHaveLength(1);
  });
});

describe('what a reply makes private', () => {
  const of = (subject: string | null) => ({ keeping: { subject, factor: 1, since: 0 } });

  test('is kept for its caller, and nobody else finds it', async () => {
    await using shop = await startKeptShop();
    const used: boolean[] = [];
    const kept = { used: ({ isPrivate }: { isPrivate: boolean }) => void used.push(isPrivate), tagged() {} };
    let says = 'private, max-age=60';
    shop.state.answering = (_, { subgraph }) =>
      subgraph === 'stock' ? { headers: { 'cache-control': says } } : {};
    const asked = async (subject: string | null) => {
      await shop.ask(STOCK, {}, { ...of(subject), kept });
      return askedIds(shop).length;
    };
    expect([await asked('ann'), await asked('ann')]).toEqual([1, 0]);
    // The list, and two entities: an answer with them is for the caller alone.
    expect(used).toEqual([false, true, true]);
    expect([await asked('bob'), await asked('bob'), await asked(null), await asked(null)]).toEqual([
      1, 0, 1, 1,
    ]);
    says = 'max-age=60';
    expect([await asked(null), await asked('cyn'), await asked('ann')]).toEqual([1, 0, 0]);
  });

  test('is made anew for its caller', async () => {
    await using shop = await startKeptShop({
      fields: { Product: { maxAge: '60s', staleWhileRevalidate: '30s' } },
    });
    shop.state.answering = () => ({ headers: { 'cache-control': 'private' } });
    await shop.ask(STOCK, {}, of('ann'));
    shop.clock.at += 61_000;
    shop.data.stock.set('1', 7);
    const stock = async () => at((await shop.ask(STOCK, {}, of('ann'))).data, 'products', 0, 'stock');
    expect(await stock()).toBe(1);
    await vi.waitFor(async () => expect(await stock()).toBe(7), PATIENCE);
    expect(askedIds(shop)).toHaveLength(2);
  });
});

describe('what has errors is not kept', () => {
  test.each([
    ['without a path', undefined, 2],
    ['of the list', ['_entities'], 2],
    ['of somebody else', ['other', 0], 2],
    ['beyond the list', ['_entities', 7], 2],
    ['of the first entity', ['_entities', 0], 1],
    ['below the second entity', ['_entities', 1, 'stock'], 1],
  ])('an error %s', async (_name, path, again) => {
    await using shop = await startKeptShop();
    shop.state.answering = ({ data }, { subgraph }) =>
      subgraph === 'stock' ? { result: { data, errors: [{ message: 'no', path }] } } : {};
    await shop.ask(STOCK);
    shop.state.answering = () => ({});
    expect((await shop.ask(STOCK)).errors).toEqual([]);
    expect(askedIds(shop)[1]).toHaveLength(again);
  });

  test('nor anything of a reply with more errors than are read', async () => {
    await using shop = await startKeptShop();
    const ids = Array.from({ length: 300 }, (_, id) => String(id));
    const query = 'query ($ids: [ID!]!) { products(ids: $ids) { broken } }';
    for (const id of ids) shop.data.broken.add(id);
    await shop.ask(query, { ids });
    shop.data.broken.clear();
    await shop.ask(query, { ids });
    expect(askedIds(shop)[1]).toHaveLength(300);
  });

  test('nor a root fetch with one', async () => {
    await using shop = await startKeptShop({ fields: { 'Query.motto': { maxAge: '60s' } } });
    shop.state.answering = ({ data }) => ({ result: { data, errors: [{ message: 'no', path: ['other'] }] } });
    await shop.ask('{ motto }');
    shop.state.answering = () => ({});
    expect((await shop.ask('{ motto }')).errors).toEqual([]);
    expect(shop.takeAsked('products')).toHaveLength(2);
  });

  test('nor a list that is too short', async () => {
    await using shop = await startKeptShop();
    shop.state.answering = (_, { subgraph }) =>
      subgraph === 'stock' ? { result: { data: { _entities: [{ stock: 1 }] } } } : {};
    await shop.ask(STOCK);
    shop.state.answering = () => ({});
    await shop.ask(STOCK);
    expect(askedIds(shop)[1]).toHaveLength(2);
  });
});

test('what is not declared is not kept', async () => {
  await using shop = await startKeptShop({ fields: { Product: { maxAge: '0s' } } });
  expect(await timesAsked(shop)).toBe(NOT_KEPT);
});

test('larger values than the configuration allows are not kept', async () => {
  await using shop = await startKeptShop({ maxEntry: '13B' });
  const query = '{ products(ids: ["1", "1000"]) { stock } }';
  await shop.ask(query);
  await shop.ask(query);
  // {"stock":1} and {"stock":1000}
  expect(askedIds(shop)).toEqual([['1', '1000'], ['1000']]);
});

test('mutations neither use what is kept nor are kept', async () => {
  await using shop = await startKeptShop();
  const touch = 'mutation { touch(id: "1") { stock } }';
  await shop.ask(STOCK);
  shop.data.stock.set('1', 77);
  expect(at((await shop.ask(touch)).data, 'touch', 'stock')).toBe(77);
  expect(askedIds(shop)).toHaveLength(2);
});

test('root fields are kept as one, with their arguments', async () => {
  await using shop = await startKeptShop({ fields: { 'Query.motto': { maxAge: '60s' } } });
  const ask = async (loud: boolean) =>
    (await shop.ask('query ($l: Boolean) { motto(loud: $l) }', { l: loud })).data;
  expect(await ask(false)).toEqual({ motto: 'cheap' });
  shop.data.motto = 'dear';
  expect(await ask(false)).toEqual({ motto: 'cheap' });
  expect(await ask(true)).toEqual({ motto: 'DEAR' });
  expect(shop.takeAsked('products')).toHaveLength(2);
});

test('an execution that may be answered from what is kept is not replayed', async () => {
  await using shop = await startKeptShop();
  for (let round = 0; round < 4; round++) {
    shop.data.stock.set('2', round);
    shop.clock.at += 61_000;
    // Half of it is kept when this is asked: a recording of it would lack the other half.
    await shop.ask('{ products(ids: ["1"]) { stock } }');
    expect(at((await shop.ask(STOCK)).data, 'products', 1, 'stock')).toBe(round);
  }
});

describe('an entity that does not exist', () => {
  test('is remembered for a short time', async () => {
    await using shop = await startKeptShop({ negative: '5s' });
    shop.data.missing.add('2');
    await shop.ask(STOCK);
    shop.data.missing.clear();
    const { data, errors } = await shop.ask(STOCK);
    expect([at(data, 'products', 1, 'stock'), errors]).toEqual([null, []]);
    expect(await shop.count('negative')).toBe(1);
    shop.clock.at += 5_000;
    expect(at((await shop.ask(STOCK)).data, 'products', 1, 'stock')).toBe(2);
    expect(askedIds(shop)).toEqual([['1', '2'], ['2']]);
  });

  test('is not where that is switched off', async () => {
    await using shop = await startKeptShop({ negative: '0s' });
    shop.data.missing.add('2');
    await shop.ask(STOCK);
    await shop.ask(STOCK);
    expect(askedIds(shop)).toEqual([['1', '2'], ['2']]);
  });

  test('nor longer than the entity itself', async () => {
    await using shop = await startKeptShop({ negative: '5s', fields: { Product: { maxAge: '2s' } } });
    shop.data.missing.add('2');
    await shop.ask(STOCK);
    shop.clock.at += 2_000;
    await shop.ask(STOCK);
    expect(askedIds(shop)[1]).toEqual(['1', '2']);
  });

  test('as the answer of a root field is remembered as short', async () => {
    await using shop = await startKeptShop({ negative: '5s' });
    const query = '{ product(id: "2") { name } }';
    shop.data.missing.add('2');
    await shop.ask(query);
    shop.data.missing.clear();
    expect((await shop.ask(query)).data).toEqual({ product: null });
    shop.clock.at += 5_000;
    expect((await shop.ask(query)).data).toEqual({ product: { name: 'Product 2' } });
  });
});
