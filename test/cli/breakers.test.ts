import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Shop, startShop } from '../resilience/failing-shop.ts';
import { runCli } from '../support/start-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let shop: Shop;
let admin: string;

beforeAll(async () => {
  shop = await startShop();
  await shop.ask('{ products { id stock } }');
  admin = await shop.gateway.admin.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(() => shop[Symbol.asyncDispose]());

async function breakers(...args: readonly string[]) {
  await using folder = await temporaryFolder({});
  return await runCli(['breakers', ...args, '--admin', admin], { cwd: folder.path });
}

test('lists what is not closed, opens and closes for a time', async () => {
  expect(await breakers('list')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+ breakers, all closed\n$/),
  });
  const opened = await breakers('open', 'Product.stock', '--for', '1m');
  expect(opened).toMatchObject({ code: 0, stdout: expect.stringContaining('open by hand') });
  expect((await shop.ask('{ products { id stock } }')).errors).toBeDefined();
  expect((await breakers('list')).stdout).toContain('Product.stock');
  const { stdout } = await breakers('close', 'Product.stock', '--for', '1m', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ breakers: [{ forced: { to: 'closed' } }] });
  expect((await shop.ask('{ products { id stock } }')).errors).toBeUndefined();
});

test('says what is wrong', async () => {
  expect(await breakers('open', 'Product.stok')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did you mean "Product.stock"?'),
  });
});
