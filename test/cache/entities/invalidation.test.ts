import { describe, expect, test, vi } from 'vitest';
import { type CacheTarget, tagsOfTarget } from '../../../src/cache/policy/tag-names.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { PATIENCE, useRedisStore } from '../store/use-stores.ts';
import { at } from './kept-graph.ts';
import { askedIds, type KeptShop, startKeptShop } from './kept-shop.ts';

const STOCK = '{ products(ids: ["1", "2"]) { stock } }';
const ALL = [['1', '2']];

async function forget(shop: KeptShop, target: CacheTarget): Promise<void> {
  await shop.store.invalidate(tagsOfTarget(target));
}

describe('what is forgotten is asked for again', () => {
  test.each<[string, CacheTarget, readonly (readonly string[])[]]>([
    ['all', { kind: 'all' }, ALL],
    ['its type', { kind: 'type', type: 'Product' }, ALL],
    ['its subgraph', { kind: 'subgraph', subgraph: 'stock' }, ALL],
    ['the entity', { kind: 'entity', type: 'Product', key: { id: '2' } }, [['2']]],
    ['another type', { kind: 'type', type: 'Query' }, []],
    ['another subgraph', { kind: 'subgraph', subgraph: 'products' }, []],
    ['another entity', { kind: 'entity', type: 'Product', key: { id: '3' } }, []],
  ])('by %s', async (_name, target, again) => {
    await using shop = await startKeptShop();
    await shop.ask(STOCK);
    askedIds(shop);
    await forget(shop, target);
    await shop.ask(STOCK);
    expect(askedIds(shop)).toEqual(again);
  });

  test.each<[string, CacheTarget, number]>([
    ['an entity in it', { kind: 'entity', type: 'Product', key: { id: '1' } }, 1],
    ['an entity that is not in it', { kind: 'entity', type: 'Product', key: { id: '3' } }, 0],
  ])('by %s, where it is a root field', async (_name, target, again) => {
    await using shop = await startKeptShop();
    const query = '{ products(ids: ["1", "2"]) { id name } }';
    await shop.ask(query);
    shop.asked.length = 0;
    await forget(shop, target);
    await shop.ask(query);
    expect(shop.asked).toHaveLength(again);
  });

  test('by an entity somewhere in another one', async () => {
    await using shop = await startKeptShop({ fields: { 'Maker.products': { inheritMaxAge: true } } });
    const query = '{ products(ids: ["1"]) { maker { name products { id } } } }';
    const first = await shop.ask(query);
    const [inner] = at(first.data, 'products', 0, 'maker', 'products') as { id: string }[];
    shop.asked.length = 0;
    await shop.ask(query);
    expect(shop.asked).toEqual([]);
    await forget(shop, { kind: 'entity', type: 'Product', key: { id: 'none' } });
    await shop.ask(query);
    expect(shop.asked).toEqual([]);
    await forget(shop, { kind: 'entity', type: 'Product', key: { id: inner?.id ?? '' } });
    await shop.ask(query);
    expect(shop.asked.map(({ subgraph }) => subgraph)).toContain('stock');
  });

  test('by a tag of the reply, for its entity alone', async () => {
    await using shop = await startKeptShop();
    shop.state.answering = ({ data }) => ({
      result: { data, extensions: { apolloEntityCacheTags: [['one'], ['two', 'both']] } },
    });
    await shop.ask(STOCK);
    await forget(shop, { kind: 'tag', tag: 'two' });
    await shop.ask(STOCK);
    expect(askedIds(shop)).toEqual([['1', '2'], ['2']]);
  });

  test('by a tag of the reply to a root fetch', async () => {
    await using shop = await startKeptShop({ fields: { 'Query.motto': { maxAge: '60s' } } });
    shop.state.answering = ({ data }) => ({ result: { data, extensions: { apolloCacheTags: ['mottos'] } } });
    await shop.ask('{ motto }');
    shop.data.motto = 'dear';
    await forget(shop, { kind: 'tag', tag: 'mottos' });
    expect((await shop.ask('{ motto }')).data).toEqual({ motto: 'dear' });
  });
});

test('what was computed before an invalidation and kept after it is not served', async () => {
  await using shop = await startKeptShop();
  shop.state.answering = () => ({});
  let goOn = (): void => {};
  const waiting = new Promise<void>(resolve => {
    shop.state.before = subgraph => {
      if (subgraph !== 'stock') return Promise.resolve();
      resolve();
      return new Promise(go => {
        goOn = go;
      });
    };
  });
  const old = shop.ask(STOCK);
  await waiting;
  // The subgraph has read its data already when somebody changes it.
  await forget(shop, { kind: 'entity', type: 'Product', key: { id: '1' } });
  shop.state.before = async () => {};
  goOn();
  expect(at((await old).data, 'products', 0, 'stock')).toBe(1);
  shop.data.stock.set('1', 5);
  expect(at((await shop.ask(STOCK)).data, 'products', 0, 'stock')).toBe(5);
  expect(askedIds(shop)).toEqual([['1', '2'], ['1']]);
});

test('processes that share Redis share what they keep, and what is forgotten', async () => {
  const prefix = `test-${randomId()}`;
  await using here = await useRedisStore({ prefix });
  await using there = await useRedisStore({ prefix });
  await using one = await startKeptShop({}, { store: here.store });
  await using other = await startKeptShop({}, { store: there.store });
  for (const { clock } of [one, other]) clock.at = Date.now();
  await one.ask(STOCK);
  await vi.waitFor(async () => expect(await here.count('writes_total', 'written')).toBe(3), PATIENCE);
  const claims = vi.spyOn(there.store, 'claim');
  expect(at((await other.ask(STOCK)).data, 'products', 1, 'stock')).toBe(2);
  expect(askedIds(other)).toEqual([]);
  // One question for the root fields, and one for all entities.
  expect(claims.mock.calls.map(([all]) => all.length)).toEqual([1, 2]);
  await forget(one, { kind: 'entity', type: 'Product', key: { id: '2' } });
  await vi.waitFor(async () => {
    await other.ask(STOCK);
    expect(askedIds(other)).toEqual([['2']]);
  }, PATIENCE);
});
