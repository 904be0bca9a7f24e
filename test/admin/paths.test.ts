import { expect, test } from 'vitest';
import { startShop } from '../resilience/failing-shop.ts';

test('another path is told which there are, and these are there', async () => {
  await using shop = await startShop();
  const { admin } = shop.gateway;
  const answer = await admin.inject({ method: 'GET', url: '/?a=1' });
  const { error, paths } = answer.json() as { error: string; paths: readonly string[] };
  expect([answer.statusCode, error]).toEqual([404, 'There is nothing at GET /.']);
  for (const path of paths) {
    const [method, url] = path.split(' ') as ['GET', string];
    expect([path, admin.hasRoute({ method, url })]).toEqual([path, true]);
  }
  expect(paths.length).toBeGreaterThan(5);
});
