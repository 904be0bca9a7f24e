import { describe, expect, test, vi } from 'vitest';
import { EVERYTHING } from '../../../src/cache/policy/tag-names.ts';
import type { CacheStore } from '../../../src/cache/store/cache-store.ts';
import { createMemoryStore } from '../../../src/cache/store/memory/memory-store.ts';
import { GatewayError } from '../../../src/errors.ts';
import type { FetchRecord } from '../../../src/execution/fetch/subgraph-fetch.ts';
import { Cancellation } from '../../../src/shared/cancellation.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { settled } from '../../support/settled.ts';
import { handClock } from '../../support/test-identity.ts';
import { leaseOf } from '../store/lease-of.ts';
import { PATIENCE, useRedisStore } from '../store/use-stores.ts';
import { at } from './kept-graph.ts';
import { askedIds, type KeptShop, startKeptShop } from './kept-shop.ts';

const STOCK = 'query ($ids: [ID!]!) { products(ids: $ids) { id stock } }';

const ask = async (shop: KeptShop, ...ids: string[]): Promise<unknown> => {
  const { data, errors } = await shop.ask(STOCK, { ids });
  return errors.length > 0 ? errors : ids.map((_, i) => at(data, 'products', i, 'stock'));
};

/** Lets nothing of the stock subgraph through until it is told to. */
function holdBack(...shops: readonly KeptShop[]) {
  let goOn = (): void => {};
  const held = new Promise<void>(go => {
    goOn = go;
  });
  for (const shop of shops) shop.state.before = subgraph => (subgraph === 'stock' ? held : Promise.resolve());
  return { goOn: () => goOn() };
}

/** Far less than anybody waits for somebody else. */
const AT_ONCE = { ...PATIENCE, timeout: 1_500 };

const isAsked = (shop: KeptShop, times: number, within = PATIENCE) =>
  vi.waitFor(
    () => expect(shop.asked.filter(({ subgraph }) => subgraph === 'stock')).toHaveLength(times),
    within,
  );

/** Neither of two who want the same waits for the other. */
async function bothAskAtOnce(shop: KeptShop): Promise<void> {
  askedIds(shop);
  const stock = holdBack(shop);
  const all = [ask(shop, '1'), ask(shop, '1')];
  await isAsked(shop, 2, AT_ONCE);
  stock.goOn();
  expect(await Promise.all(all)).toEqual([[1], [1]]);
}

describe('what several want of one process at once is fetched once', () => {
  test('of lists that overlap each entity', async () => {
    await using shop = await startKeptShop();
    const stock = holdBack(shop);
    const first = ask(shop, '1', '2', '3');
    await isAsked(shop, 1);
    const others = [ask(shop, '2', '3', '4'), ask(shop, '4', '1'), ask(shop, '3')];
    await isAsked(shop, 2);
    await settled();
    stock.goOn();
    expect(await Promise.all([first, ...others])).toEqual([[1, 2, 3], [2, 3, 4], [4, 1], [3]]);
    expect(askedIds(shop)).toEqual([['1', '2', '3'], ['4']]);
    expect([await shop.count('hit'), await shop.count('miss')]).toEqual([5, 4 + 4]);
  });

  test('however long that takes', async () => {
    await using shop = await startKeptShop();
    const stock = holdBack(shop);
    const all = [ask(shop, '1'), ask(shop, '1', '2')];
    await isAsked(shop, 2);
    await new Promise(done => setTimeout(done, 1_200));
    stock.goOn();
    expect(await Promise.all(all)).toEqual([[1], [1, 2]]);
    expect(askedIds(shop)).toEqual([['1'], ['2']]);
  });

  test('of root fields, whatever their order', async () => {
    await using shop = await startKeptShop({ fields: { 'Query.motto': { maxAge: '60s' } } });
    let goOn = (): void => {};
    shop.state.before = () =>
      new Promise(go => {
        goOn = go;
      });
    const first = shop.ask('{ motto loud: motto(loud: true) }');
    await vi.waitFor(() => expect(shop.asked).toHaveLength(1), PATIENCE);
    const other = shop.ask('{ loud: motto(loud: true) motto }');
    await settled();
    goOn();
    expect((await first).data).toEqual({ motto: 'cheap', loud: 'CHEAP' });
    expect((await other).data).toEqual({ loud: 'CHEAP', motto: 'cheap' });
    expect(shop.asked).toHaveLength(1);
  });

  test('whoever waits is not waited for in turn', async () => {
    await using shop = await startKeptShop();
    const stock = holdBack(shop);
    const one = ask(shop, '1');
    await isAsked(shop, 1);
    // Each has something that the other wants, too.
    const both = [ask(shop, '1', '2'), ask(shop, '2', '3'), ask(shop, '3', '2', '1')];
    await isAsked(shop, 3);
    stock.goOn();
    expect(await Promise.all([one, ...both])).toEqual([[1], [1, 2], [2, 3], [3, 2, 1]]);
    expect(askedIds(shop)).toEqual([['1'], ['2'], ['3']]);
  });

  test('where that fails each asks for itself, once', async () => {
    await using shop = await startKeptShop();
    const stock = holdBack(shop);
    const first = ask(shop, '1', '2');
    await isAsked(shop, 1);
    const others = [ask(shop, '2'), ask(shop, '1', '3')];
    await isAsked(shop, 2);
    let failures = 1;
    shop.state.answering = (_, { subgraph }) =>
      subgraph === 'stock' && failures-- > 0 ? { result: { errors: [{ message: 'not now' }] } } : {};
    stock.goOn();
    expect(await first).toContain('SUBGRAPH_ERROR');
    expect(await Promise.all(others)).toEqual([[2], [1, 3]]);
    expect(askedIds(shop).slice(2)).toEqual(expect.arrayContaining([['2'], ['1']]));
  });

  test('but nobody waits for what could not be kept the last time', async () => {
    await using shop = await startKeptShop();
    shop.state.answering = () => ({ headers: { 'cache-control': 'no-store' } });
    await ask(shop, '1');
    askedIds(shop);
    const stock = holdBack(shop);
    const all = [ask(shop, '1', '2'), ask(shop, '1', '3')];
    await isAsked(shop, 2);
    stock.goOn();
    expect(await Promise.all(all)).toEqual([
      [1, 2],
      [1, 3],
    ]);
    expect(askedIds(shop)).toEqual([
      ['1', '2'],
      ['1', '3'],
    ]);
    shop.state.answering = () => ({});
    await ask(shop, '1');
    shop.clock.at += 61_000;
    askedIds(shop);
    // It could be, so it is waited for again.
    const again = holdBack(shop);
    const two = [ask(shop, '1'), ask(shop, '1', '4')];
    await isAsked(shop, 2);
    again.goOn();
    await Promise.all(two);
    expect(askedIds(shop)).toEqual([['1'], ['4']]);
  });

  test('nor for what took the place of what could not be had', async () => {
    await using shop = await startKeptShop({ fields: { Product: { maxAge: '60s', staleIfError: '1h' } } });
    await ask(shop, '1');
    shop.clock.at += 100_000;
    shop.fail('stock');
    expect(await ask(shop, '1')).toEqual([1]);
    await bothAskAtOnce(shop);
  });

  test('nor for what the store has no room for', async () => {
    const bounds = { maxBytes: 4_000_000, maxEntryBytes: 100 };
    const clock = handClock();
    const store = createMemoryStore({ ...bounds, clock, metrics: createMetrics() });
    await using shop = await startKeptShop({}, { store });
    await ask(shop, '1');
    await bothAskAtOnce(shop);
  });

  test('what replies have made private before is found where it is kept for all', async () => {
    await using shop = await startKeptShop();
    const ann = { keeping: { subject: 'ann', factor: 1, since: 0 } };
    shop.state.answering = () => ({ headers: { 'cache-control': 'private' } });
    await shop.ask(STOCK, { ids: ['9'] }, ann);
    shop.state.answering = () => ({});
    askedIds(shop);
    const stock = holdBack(shop);
    const both = [shop.ask(STOCK, { ids: ['1'] }, ann), shop.ask(STOCK, { ids: ['1', '2'] }, ann)];
    await isAsked(shop, 2);
    stock.goOn();
    expect((await Promise.all(both)).map(({ errors }) => errors)).toEqual([[], []]);
    expect(askedIds(shop)).toEqual([['1'], ['2']]);
  });

  test('where what is there is not new enough for whoever asks', async () => {
    await using shop = await startKeptShop();
    await ask(shop, '1');
    askedIds(shop);
    const keeping = { subject: null, factor: 1, since: 0, newerThan: shop.clock.at + 60_000 };
    shop.clock.at += 1_000;
    const stock = holdBack(shop);
    const both = [shop.ask(STOCK, { ids: ['1'] }, { keeping }), shop.ask(STOCK, { ids: ['1'] }, { keeping })];
    await isAsked(shop, 1);
    await settled();
    stock.goOn();
    for (const { errors } of await Promise.all(both)) expect(errors).toEqual([]);
    expect(askedIds(shop)).toEqual([['1']]);
  });

  test('what was kept, what is asked for and what others brought is told of once', async () => {
    await using shop = await startKeptShop();
    await ask(shop, '1');
    const stock = holdBack(shop);
    const first = ask(shop, '2');
    await isAsked(shop, 2);
    const records: FetchRecord[] = [];
    const second = shop.ask(STOCK, { ids: ['1', '2', '3'] }, { records });
    await isAsked(shop, 3);
    const told = vi.spyOn(records, 'push');
    stock.goOn();
    await Promise.all([first, second]);
    expect(told.mock.calls.flat().map(({ subgraph, cache }) => [subgraph, cache])).toEqual([
      ['stock', { hits: 1, misses: 0 }],
    ]);
  });

  test('for half of the time that is left at most', async () => {
    await using shop = await startKeptShop();
    const stock = holdBack(shop);
    const first = ask(shop, '1');
    await isAsked(shop, 1);
    const began = performance.now();
    using time = startOwnTime();
    const second = shop.ask(STOCK, { ids: ['1'] }, { deadlineAt: shop.clock.elapsed() + 3_000 });
    await isAsked(shop, 2);
    expect(performance.now() - began).toBeGreaterThan(1_400);
    expect(time.ms).toBeLessThan(2_800);
    stock.goOn();
    await Promise.all([first, second]);
  });

  test('a client that leaves does not go on waiting', async () => {
    await using shop = await startKeptShop();
    const stock = holdBack(shop);
    const first = ask(shop, '1');
    await isAsked(shop, 1);
    const cancel = new Cancellation();
    const gone = shop.ask(STOCK, { ids: ['1'] }, { cancel });
    await settled();
    cancel.cancel();
    using time = startOwnTime();
    // It asks for itself, as if nobody did: the transport, which is not there, would end that.
    await isAsked(shop, 2);
    expect(time.ms).toBeLessThan(2_000);
    stock.goOn();
    await Promise.all([first, gone]);
  });
});

test('what a client that has left was fetching is not taken for what could not be kept', async () => {
  await using shop = await startKeptShop();
  const cancel = new Cancellation();
  shop.state.before = async subgraph => {
    if (subgraph !== 'stock') return;
    cancel.cancel();
    throw new GatewayError('REQUEST_CANCELLED');
  };
  await shop.ask(STOCK, { ids: ['1'] }, { cancel });
  askedIds(shop);
  const stock = holdBack(shop);
  const all = [ask(shop, '1'), ask(shop, '1', '2')];
  await isAsked(shop, 2);
  stock.goOn();
  expect(await Promise.all(all)).toEqual([[1], [1, 2]]);
  expect(askedIds(shop)).toEqual([['1'], ['2']]);
});

describe('processes that share Redis', () => {
  async function startTwo() {
    const prefix = `test-${randomId()}`;
    const here = await useRedisStore({ prefix });
    const there = await useRedisStore({ prefix });
    const one = await startKeptShop({}, { store: here.store });
    const other = await startKeptShop({}, { store: there.store });
    for (const { clock } of [one, other]) clock.at = Date.now();
    return {
      ...{ here, there, one, other },
      async [Symbol.asyncDispose]() {
        for (const each of [one, other, here, there]) await each[Symbol.asyncDispose]();
      },
    };
  }

  test('fetch each of the entities that both want once', async () => {
    await using two = await startTwo();
    const { one, other } = two;
    const stock = holdBack(one, other);
    const first = ask(one, '1', '2', '3');
    await isAsked(one, 1);
    const second = ask(other, '2', '3', '4');
    await isAsked(other, 1);
    const third = [ask(one, '4', '1'), ask(other, '1')];
    await settled();
    stock.goOn();
    expect(await Promise.all([first, second, ...third])).toEqual([[1, 2, 3], [2, 3, 4], [4, 1], [1]]);
    expect([...askedIds(one), ...askedIds(other)]).toEqual([['1', '2', '3'], ['4']]);
  });

  test('have what one of them has kept, all who look for it at the same time', async () => {
    await using two = await startTwo();
    const { here, one, other } = two;
    await ask(one, '1', '2');
    await vi.waitFor(async () => expect(await here.count('writes_total', 'written')).toBe(3), PATIENCE);
    using time = startOwnTime();
    const all = [ask(other, '1', '2'), ask(other, '2', '1'), ask(other, '2')];
    expect(await Promise.all(all)).toEqual([[1, 2], [2, 1], [2]]);
    expect(time.ms).toBeLessThan(700);
    expect(askedIds(other)).toEqual([]);
  });

  test('ask at once for a client that leaves meanwhile', async () => {
    await using two = await startTwo();
    const { one, other } = two;
    const stock = holdBack(one, other);
    const first = ask(one, '1');
    await isAsked(one, 1);
    const cancel = new Cancellation();
    using time = startOwnTime();
    const second = other.ask(STOCK, { ids: ['1'] }, { cancel });
    await settled();
    cancel.cancel();
    await isAsked(other, 1);
    expect(time.ms).toBeLessThan(700);
    stock.goOn();
    await Promise.all([first, second]);
  });

  test('fetch root fields that another does not bring, and let go of them', async () => {
    await using two = await startTwo();
    const { one, other } = two;
    let goOn = (): void => {};
    const held = new Promise<void>(go => {
      goOn = go;
    });
    other.state.before = () => held;
    other.state.answering = () => ({ result: { errors: [{ message: 'not now' }] } });
    const first = other.ask('{ products(ids: ["1"]) { id name } }');
    await vi.waitFor(() => expect(other.asked).toHaveLength(1), PATIENCE);
    const second = one.ask('{ products(ids: ["1"]) { id name } }');
    await settled();
    expect(one.asked).toEqual([]);
    goOn();
    expect((await first).errors).toContain('SUBGRAPH_ERROR');
    expect((await second).errors).toEqual([]);
    await two.here.store.invalidate([EVERYTHING]);
    using time = startOwnTime();
    await one.ask('{ products(ids: ["1"]) { id name } }');
    expect(time.ms).toBeLessThan(700);
    expect(one.asked).toHaveLength(2);
  });

  test('go on without one that does not come back, after a second', async () => {
    await using two = await startTwo();
    const { here, one, other } = two;
    // All that another process wants it takes with it.
    const claims = vi.spyOn(two.there.store, 'claim');
    await ask(other, '1');
    const keys = claims.mock.calls.flatMap(([all]) => all.map(({ key }) => key));
    await two.there.store.invalidate([EVERYTHING]);
    for (const key of keys)
      await vi.waitFor(
        async () => expect(await leaseOf(two.there.store, key, 60_000)).not.toBeNull(),
        PATIENCE,
      );
    await vi.waitFor(() => expect(here.store.mark()).toBe(two.there.store.mark()), PATIENCE);
    const began = performance.now();
    expect(await ask(one, '1')).toEqual([1]);
    expect(performance.now() - began).toBeGreaterThan(500);
    expect(askedIds(one)).toEqual([['1']]);
  });

  test('ask the subgraph at once when whoever has it has failed', async () => {
    await using two = await startTwo();
    const { one, other } = two;
    const stock = holdBack(one);
    one.state.answering = (_, { subgraph }) =>
      subgraph === 'stock' ? { result: { errors: [{ message: 'not now' }] } } : {};
    const first = ask(one, '1');
    await isAsked(one, 1);
    const second = ask(other, '1');
    await settled();
    expect(askedIds(other)).toEqual([]);
    using time = startOwnTime();
    stock.goOn();
    expect(await first).toContain('SUBGRAPH_ERROR');
    expect(await second).toEqual([1]);
    expect(time.ms).toBeLessThan(700);
  });

  test('hold what they were given to fetch until they have, whatever else they are done with', async () => {
    await using two = await startTwo();
    const { one, other } = two;
    const theirs = holdBack(other);
    const first = ask(other, '2');
    await isAsked(other, 1);
    const gates: (() => void)[] = [];
    one.state.before = async subgraph => {
      if (subgraph === 'stock' && gates.length < 2) await new Promise<void>(go => gates.push(go));
    };
    const second = ask(one, '1', '2');
    await isAsked(one, 1);
    other.state.answering = () => ({ result: { errors: [{ message: 'not now' }] } });
    theirs.goOn();
    expect(await first).toContain('SUBGRAPH_ERROR');
    await settled();
    await isAsked(one, 2);
    gates[0]?.();
    await settled();
    const third = [ask(one, '2'), ask(one, '1', '2')];
    await settled();
    gates[1]?.();
    expect(await Promise.all([second, ...third])).toEqual([[1, 2], [2], [1, 2]]);
    expect(askedIds(one)).toEqual([['1'], ['2']]);
  });

  test('fetch what another process does not bring while they wait for what is slower', async () => {
    await using two = await startTwo();
    const { one, other } = two;
    const theirs = holdBack(other);
    other.state.answering = (_, { subgraph }) =>
      subgraph === 'stock' ? { result: { errors: [{ message: 'not now' }] } } : {};
    const first = ask(other, '2');
    await isAsked(other, 1);
    const ours = holdBack(one);
    const second = ask(one, '1', '2');
    await isAsked(one, 1);
    theirs.goOn();
    await first;
    await isAsked(one, 2);
    ours.goOn();
    expect(await second).toEqual([1, 2]);
    expect(askedIds(one)).toEqual([['1'], ['2']]);
  });

  test('find what others have kept for all where replies have made some private', async () => {
    await using two = await startTwo();
    const ann = { keeping: { subject: 'ann', factor: 1, since: 0 } };
    for (const shop of [two.one, two.other]) {
      shop.state.answering = () => ({ headers: { 'cache-control': 'private' } });
      await shop.ask(STOCK, { ids: ['8', '9'] }, { keeping: { ...ann.keeping, subject: randomId() } });
      shop.state.answering = () => ({});
      askedIds(shop);
    }
    const stock = holdBack(two.one);
    const first = two.one.ask(STOCK, { ids: ['1'] }, ann);
    await isAsked(two.one, 1);
    const second = two.other.ask(STOCK, { ids: ['1'] }, ann);
    await settled();
    stock.goOn();
    for (const { errors } of await Promise.all([first, second])) expect(errors).toEqual([]);
    expect([...askedIds(two.one), ...askedIds(two.other)]).toEqual([['1']]);
    const written = () => two.here.count('writes_total', 'written');
    const before = await written();
    await two.one.ask(STOCK, { ids: ['2'] }, ann);
    // The entity, and the root.
    await vi.waitFor(async () => expect(await written()).toBe(before + 2), PATIENCE);
    const bob = { keeping: { ...ann.keeping, subject: 'bob' } };
    await two.other.ask(STOCK, { ids: ['2'] }, bob);
    expect(askedIds(two.other)).toEqual([]);
    // Nor does he go on keeping others from what is his own.
    await two.there.store.invalidate([EVERYTHING]);
    using time = startOwnTime();
    await two.other.ask(STOCK, { ids: ['2'] }, bob);
    expect(time.ms).toBeLessThan(700);
    expect(askedIds(two.other)).toEqual([['2']]);
  });

  test('need not fetch what another has kept and is served stale', async () => {
    const prefix = `test-${randomId()}`;
    await using here = await useRedisStore({ prefix });
    await using there = await useRedisStore({ prefix });
    const fields = { Product: { maxAge: '60s', staleWhileRevalidate: '1h' } };
    await using one = await startKeptShop({ fields }, { store: here.store });
    await using other = await startKeptShop({ fields }, { store: there.store });
    one.clock.at = here.now();
    other.clock.at = here.now() + 100_000;
    await ask(one, '1');
    await vi.waitFor(async () => expect(await here.count('writes_total', 'written')).toBe(2), PATIENCE);
    const claims = vi.spyOn(there.store, 'claim');
    expect(await ask(other, '1')).toEqual([1]);
    // Not those of what is made anew behind the answer, which are for longer.
    const ofRequests = claims.mock.results.filter((_, i) => claims.mock.calls[i]?.[1].leaseMs === 5_000);
    const claimed = await Promise.all(ofRequests.map(({ value }) => value));
    expect(claimed.flat()).toMatchObject([{ lease: null }, { lease: null }]);
  });

  test('do not wait for each other while nothing that they keep may be believed', async () => {
    let elapsed = 0;
    await using here = await useRedisStore({ elapsed: () => elapsed });
    await using shop = await startKeptShop({}, { store: here.store });
    shop.clock.at = Date.now();
    here.used.redis.client.disconnect();
    elapsed += 60_000;
    await ask(shop, '1');
    await bothAskAtOnce(shop);
  });

  test('go on alone where Redis does not give leases', async () => {
    await using two = await startTwo();
    const claim: CacheStore['claim'] = two.here.store.claim;
    vi.spyOn(two.here.store, 'claim').mockImplementation(async (all, terms) => {
      two.here.used.redis.client.disconnect();
      return claim(all, terms);
    });
    expect(await ask(two.one, '1')).toEqual([1]);
  });
});
