import { expect, test } from 'vitest';
import { askedIds, startKeptShop } from './kept-shop.ts';

test('values are kept apart by where the variants of a subgraph are, as their names alone do not say it', async () => {
  const at = (url: string) => ({
    config: { execution: { subgraphs: { stock: { variants: { canary: { url, weight: 100 } } } } } },
  });
  const query = '{ products(ids: ["1"]) { stock } }';
  await using one = await startKeptShop({}, at('http://canary-1/'));
  const { store } = one;
  await using same = await startKeptShop({}, { ...at('http://canary-1/'), store });
  await using moved = await startKeptShop({}, { ...at('http://canary-2/'), store });
  for (const shop of [same, moved]) shop.clock.at = one.clock.at;
  const asked: number[] = [];
  for (const shop of [one, same, moved]) {
    await shop.ask(query);
    asked.push(askedIds(shop).length);
  }
  expect(asked).toEqual([1, 0, 1]);
});
