import { expect, test } from 'vitest';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

/** When what an answer was made of is no longer fresh at the soonest, ms from now; null: whenever. */
async function boundOf(shop: KeptShop, ids: readonly string[]) {
  const times: number[] = [];
  const used = (value: { readonly freshUntil: number; readonly errorUntil: number }): void => {
    times.push(value.freshUntil - shop.clock.at);
    expect(value.errorUntil).toBe(value.freshUntil);
  };
  await shop.ask(
    'query ($ids: [ID!]!) { products(ids: $ids) { stock } }',
    { ids },
    { kept: { used, tagged() {} } },
  );
  return times.length === 0 ? null : Math.min(...times);
}

test('an answer with an entity that is not there is bound by that, whether it has just been asked for or not', async () => {
  await using shop = await startKeptShop({ negative: '7s' });
  expect(await boundOf(shop, ['1'])).toBeNull();
  shop.data.missing.add('2');
  expect(await boundOf(shop, ['2'])).toBe(7_000);
  shop.clock.at += 3_000;
  expect(await boundOf(shop, ['2'])).toBe(4_000);
  expect(await boundOf(shop, ['1'])).toBe(57_000);
});

test('one of which the subgraph says an error instead is not', async () => {
  await using shop = await startKeptShop({ negative: '7s' });
  shop.state.answering = (_, { subgraph }) =>
    subgraph === 'stock'
      ? { result: { data: { _entities: [null] }, errors: [{ message: 'no', path: ['_entities', 0] }] } }
      : {};
  expect(await boundOf(shop, ['1'])).toBeNull();
});

test('what another persona has kept for longer bounds an answer by the times of its own', async () => {
  await using shop = await startKeptShop({
    fields: { Product: { maxAge: '60s', staleWhileRevalidate: '10s', staleIfError: '20s' } },
  });
  const query = '{ products(ids: ["1"]) { stock } }';
  const storedAt = shop.clock.at;
  await shop.ask(query, {}, { keeping: { subject: null, factor: 3, since: 0 } });
  shop.clock.at += 30_000;
  const used: unknown[] = [];
  const kept = {
    used: ({ freshUntil, revalidateUntil, errorUntil }: Record<string, unknown>) =>
      void used.push([freshUntil, revalidateUntil, errorUntil].map(time => Number(time) - storedAt)),
    tagged() {},
  };
  await shop.ask(query, {}, { keeping: { subject: null, factor: 1, since: 0 }, kept: kept as never });
  const own = [60_000, 70_000, 80_000];
  // The list of products, and the one that is in it.
  expect(used).toEqual([own, own]);
});
