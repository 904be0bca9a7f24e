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

test.each([
  ['of another type', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=1', 415],
  ['that is not JSON', { 'content-type': 'application/json' }, '{"a":', 400],
  ['that is not there', { 'content-type': 'application/json' }, '', 400],
  ['without end', { 'content-type': 'application/json' }, `"${'x'.repeat(70_000)}"`, 413],
])('a body %s is told of in the form of all errors', async (_title, headers, payload, status) => {
  await using shop = await startShop();
  const { admin } = shop.gateway;
  const answer = await admin.inject({ method: 'POST', url: '/breakers/open', headers, payload });
  expect([answer.statusCode, answer.json()]).toEqual([
    status,
    { error: expect.stringMatching(/^(The request body is|Send the request with) /) },
  ]);
});

test('an order that cannot be used is told in words of its members, and what one looks like', async () => {
  await using shop = await startShop();
  const payload = { coordinate: 'Product.stock', for: '2h' };
  const answer = await shop.gateway.admin.inject({ method: 'POST', url: '/breakers/open', payload });
  expect(answer.json()).toEqual({
    error: 'for: is not between 1ms and 1h',
    example: { coordinate: 'Type.field', for: '5m' },
  });
});
