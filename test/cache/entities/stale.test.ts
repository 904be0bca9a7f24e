import { describe, expect, test, vi } from 'vitest';
import type { CacheStore } from '../../../src/cache/store/cache-store.ts';
import { Cancellation } from '../../../src/shared/cancellation.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { PATIENCE, useRedisStore } from '../store/use-stores.ts';
import { at } from './kept-graph.ts';
import { askedIds, type KeptShop, startKeptShop } from './kept-shop.ts';

const STOCK = '{ products(ids: ["1", "2"]) { stock } }';
const REVALIDATED = { fields: { Product: { maxAge: '60s', staleWhileRevalidate: '30s' } } } as const;
const IF_ERROR = { fields: { Product: { maxAge: '60s', staleIfError: '1h' } } } as const;

/** Another process makes all of it. */
const heldElsewhere: CacheStore['claim'] = async all =>
  all.map(() => ({ entry: undefined, isEnough: false, lease: null }));

const stocks = async (shop: KeptShop, query = STOCK): Promise<unknown> => {
  const { data } = await shop.ask(query);
  return [at(data, 'products', 0, 'stock'), at(data, 'products', 1, 'stock')];
};

describe('while it is made anew', () => {
  test('what is stale is served at once, and the next answer is fresh', async () => {
    await using shop = await startKeptShop(REVALIDATED);
    await shop.ask(STOCK);
    askedIds(shop);
    shop.data.stock.set('1', 7);
    shop.clock.at += 61_000;
    let goOn = (): void => {};
    shop.state.before = subgraph =>
      subgraph === 'stock'
        ? new Promise(go => {
            goOn = go;
          })
        : Promise.resolve();
    const claim = vi.spyOn(shop.store, 'claim');
    expect(await stocks(shop)).toEqual([1, 2]);
    await vi.waitFor(
      () => expect(shop.asked.some(({ subgraph }) => subgraph === 'stock')).toBe(true),
      PATIENCE,
    );
    // Nobody else makes it anew in the meantime.
    expect(await stocks(shop)).toEqual([1, 2]);
    // Of the list, and of both entities.
    expect(claim.mock.calls.map(([all]) => all.length)).toEqual([1, 2]);
    goOn();
    await vi.waitFor(async () => expect(await stocks(shop)).toEqual([7, 2]), PATIENCE);
    expect(askedIds(shop)).toEqual([['1', '2']]);
    expect(await shop.count('stale')).toBeGreaterThanOrEqual(4);
  });

  test('only one who has the lease makes it anew', async () => {
    await using shop = await startKeptShop(REVALIDATED);
    await shop.ask(STOCK);
    askedIds(shop);
    shop.clock.at += 61_000;
    // Of the list, and of both entities.
    const claim = vi.spyOn(shop.store, 'claim').mockImplementation(heldElsewhere);
    expect(await stocks(shop)).toEqual([1, 2]);
    await vi.waitFor(() => expect(claim).toHaveBeenCalledTimes(2), PATIENCE);
    expect(askedIds(shop)).toEqual([]);
  });

  test('what another process has made anew is taken from Redis', async () => {
    const prefix = `test-${randomId()}`;
    await using here = await useRedisStore({ prefix });
    await using there = await useRedisStore({ prefix });
    await using one = await startKeptShop(REVALIDATED, { store: here.store });
    await using other = await startKeptShop(REVALIDATED, { store: there.store });
    const written = (count: number) =>
      vi.waitFor(async () => expect(await here.count('writes_total', 'written')).toBe(count), PATIENCE);
    for (const { clock } of [one, other]) clock.at = Date.now();
    await one.ask(STOCK);
    await written(3);
    // Both have it in memory.
    expect(await stocks(other)).toEqual([1, 2]);
    for (const { clock } of [one, other]) clock.at += 61_000;
    for (const store of [here, there]) store.pass(61_000);
    one.data.stock.set('1', 7);
    await one.ask(STOCK);
    await written(6);
    expect(await stocks(other)).toEqual([1, 2]);
    await vi.waitFor(async () => expect(await stocks(other)).toEqual([7, 2]), PATIENCE);
    expect(other.asked).toEqual([]);
  });

  test('it is not when its time is over', async () => {
    await using shop = await startKeptShop(REVALIDATED);
    await shop.ask(STOCK);
    shop.data.stock.set('1', 7);
    shop.clock.at += 90_000;
    expect(await stocks(shop)).toEqual([7, 2]);
  });

  test('a client that leaves, and a client that waits, have nothing to do with it', async () => {
    await using shop = await startKeptShop(REVALIDATED);
    await shop.ask(STOCK);
    shop.clock.at += 61_000;
    const records: never[] = [];
    let contexts: object[] = [];
    shop.state.answering = (_, { context, subgraph }) => {
      if (subgraph === 'stock') contexts = [...contexts, context];
      return {};
    };
    await shop.ask(STOCK, {}, { records, cancel: new Cancellation() });
    await vi.waitFor(() => expect(contexts).toHaveLength(1), PATIENCE);
    expect(contexts[0]).not.toHaveProperty('records');
    expect(contexts[0]).not.toHaveProperty('cancel');
  });

  test('an answer that is made anew is made of what is newer than it was, of which each is made once', async () => {
    await using shop = await startKeptShop(REVALIDATED);
    await shop.ask(STOCK);
    askedIds(shop);
    shop.takeAsked('products');
    shop.data.stock.set('1', 7);
    shop.clock.at += 61_000;
    const caller = { keeping: { subject: null, factor: 1, since: 0, newerThan: shop.clock.at - 1_000 } };
    const answers = await Promise.all([
      shop.ask(STOCK, {}, caller),
      shop.ask('{ products(ids: ["1", "2"]) { stock id } }', {}, caller),
      shop.ask(STOCK, {}, caller),
    ]);
    for (const { data } of answers) expect(at(data, 'products', 0, 'stock')).toBe(7);
    expect(shop.takeAsked('products')).toHaveLength(1);
    expect(askedIds(shop)).toEqual([['1', '2']]);
    // They are fresh for longer, and so they are used.
    await shop.ask(STOCK, {}, caller);
    expect(askedIds(shop)).toEqual([]);
    caller.keeping.newerThan = shop.clock.at + 60_000;
    await shop.ask(STOCK, {}, caller);
    expect(askedIds(shop)).toEqual([['1', '2']]);
  });

  test('what another makes anew is waited for by an answer that is made anew, but not for long', async () => {
    await using shop = await startKeptShop(REVALIDATED);
    await shop.ask(STOCK);
    askedIds(shop);
    shop.clock.at += 61_000;
    const claim = vi.spyOn(shop.store, 'claim').mockImplementation(heldElsewhere);
    const caller = { keeping: { subject: null, factor: 1, since: 0, newerThan: 0 } };
    using time = startOwnTime();
    shop.data.stock.set('1', 7);
    const { data } = await shop.ask(STOCK, {}, caller);
    expect(at(data, 'products', 0, 'stock')).toBe(7);
    expect(claim.mock.calls.length).toBeGreaterThan(10);
    expect(time.ms).toBeLessThan(5_000);
    expect(askedIds(shop)).toEqual([['1', '2']]);
  });

  test('root fields are, too', async () => {
    await using shop = await startKeptShop({
      fields: { 'Query.motto': { maxAge: '60s', staleWhileRevalidate: '30s' } },
    });
    await shop.ask('{ motto }');
    shop.clock.at += 61_000;
    shop.data.motto = 'dear';
    expect((await shop.ask('{ motto }')).data).toEqual({ motto: 'cheap' });
    await vi.waitFor(
      async () => expect((await shop.ask('{ motto }')).data).toEqual({ motto: 'dear' }),
      PATIENCE,
    );
    expect(shop.takeAsked('products')).toHaveLength(2);
  });
});

describe('where a fresh one cannot be had', () => {
  test('what is kept is served, and named', async () => {
    await using shop = await startKeptShop(IF_ERROR);
    await shop.ask(STOCK);
    shop.clock.at += 100_000;
    shop.fail('stock');
    const { data, errors, fallbacks } = await shop.ask('{ products(ids: ["1", "3"]) { name stock } }');
    expect(data).toEqual({
      products: [
        { name: 'Product 1', stock: 1 },
        { name: 'Product 3', stock: null },
      ],
    });
    expect(errors).toEqual(['SUBGRAPH_UNAVAILABLE']);
    expect(fallbacks).toEqual([
      {
        path: ['products', 0, 'stock'],
        coordinate: 'Product.stock',
        source: 'stale',
        ageMs: 100_000,
        code: 'SUBGRAPH_UNAVAILABLE',
      },
    ]);
  });

  test('a root field is served, and named', async () => {
    await using shop = await startKeptShop({
      fields: { 'Query.motto': { maxAge: '60s', staleIfError: '1h' } },
    });
    await shop.ask('{ motto }');
    shop.clock.at += 100_000;
    shop.fail('products');
    const { data, errors, fallbacks } = await shop.ask('{ motto }');
    expect([data, errors]).toEqual([{ motto: 'cheap' }, []]);
    expect(fallbacks).toMatchObject([{ path: ['motto'], coordinate: 'Query.motto', source: 'stale' }]);
  });

  test('what a subgraph answers itself is not replaced', async () => {
    await using shop = await startKeptShop(IF_ERROR);
    const query = '{ products(ids: ["1"]) { broken } }';
    await shop.ask(query);
    shop.clock.at += 100_000;
    shop.data.broken.add('1');
    const { data, errors } = await shop.ask(query);
    expect([at(data, 'products', 0, 'broken'), errors]).toEqual([null, ['SUBGRAPH_ERROR']]);
  });

  test('it is not when its time is over', async () => {
    await using shop = await startKeptShop(IF_ERROR);
    await shop.ask(STOCK);
    shop.clock.at += 60_000 + 3_600_000;
    shop.fail('stock');
    expect((await shop.ask(STOCK)).errors).toHaveLength(2);
  });

  test('nor is what was forgotten', async () => {
    await using shop = await startKeptShop(IF_ERROR);
    await shop.ask(STOCK);
    await shop.store.invalidate(['type:Product']);
    shop.fail('stock');
    expect((await shop.ask(STOCK)).errors).toHaveLength(2);
  });
});

test('lifetimes are shortened at random, by no more than the configuration says', async () => {
  await using shop = await startKeptShop({ jitter: 0.5 });
  const puts = vi.spyOn(shop.store, 'put');
  const ids = Array.from({ length: 50 }, (_, id) => String(id));
  await shop.ask('query ($ids: [ID!]!) { products(ids: $ids) { stock } }', { ids });
  const lives = puts.mock.calls.map(([, entry]) => entry.freshUntil - entry.storedAt);
  expect(Math.min(...lives)).toBeGreaterThanOrEqual(30_000);
  expect(Math.max(...lives)).toBeLessThanOrEqual(60_000);
  expect(new Set(lives).size).toBeGreaterThan(25);
});
