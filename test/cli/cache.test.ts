import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../src/shared/hash.ts';
import { runCli } from '../support/start-cli.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let gateway: TestGateway<'a'>;
let admin: string;

beforeAll(async () => {
  const typeDefs = `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"])
    type Query { products: [Product] @cacheTag(format: "products") }
    type Product @key(fields: "id") @key(fields: "sku") @cacheTag(format: "product-{$key.id}") { id: ID! sku: ID! }`;
  gateway = await startGateway({ subgraphs: { a: { typeDefs } }, config: { cache: {} } });
  admin = await gateway.gateway.admin.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(() => gateway[Symbol.asyncDispose]());

async function invalidate(...args: readonly string[]) {
  await using folder = await temporaryFolder({});
  return await runCli(['cache', 'invalidate', ...args, '--admin', admin], { cwd: folder.path });
}

const targets = (): readonly unknown[] =>
  gateway.log
    .filter(({ message }) => message === 'cache')
    .flatMap(({ fields }) => (fields as { audit: { targets: readonly unknown[] } }).audit.targets);

test('invalidates all that is named', async () => {
  const list = 'query List { products { id } }';
  await gateway.ask(list);
  const hash = sha256(list);
  const { code, stdout, stderr } = await invalidate(
    ...['--tag', 'product-1', 'products', '--type', 'Product', '--subgraph', 'a'],
    ...['--entity', 'Product', '--key', '{"id": "1"}', '{"sku": "2"}', '--operation', 'List', hash, '--all'],
  );
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '9 targets invalidated\n', stderr: '' });
  expect(targets()).toEqual([
    'all',
    'tag product-1',
    'tag products',
    'type Product',
    'entity Product by id',
    'entity Product by sku',
    'subgraph a',
    'operation List',
    `operation ${hash}`,
  ]);
  expect(JSON.parse((await invalidate('--all', '--json')).stdout)).toEqual({ count: 1 });
});

test.each([
  [['--type', 'Prodct'], 'did you mean "Product"?'],
  [[], 'say what'],
  [['--entity', 'Product'], 'belong together'],
  [['--entity', 'Product', '--key', 'id'], 'write it as JSON'],
])('says what is wrong with %j', async (args, text) => {
  expect(await invalidate(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(text) });
});

test('tells of a tag that the schema cannot write, and invalidates it all the same', async () => {
  const { code, stdout, stderr } = await invalidate('--tag', 'products', 'prodct-1');
  expect([code, stdout]).toEqual([0, '2 targets invalidated\n']);
  expect(stderr).toContain('"prodct-1"');
  const json = await invalidate('--tag', 'prodct-1', '--json');
  expect(JSON.parse(json.stdout)).toEqual({ count: 1, unknown: ['prodct-1'] });
});

test('tells of an operation that nobody has sent, and invalidates it all the same', async () => {
  const { code, stdout, stderr } = await invalidate('--operation', 'Lst');
  expect([code, stdout]).toEqual([0, '1 target invalidated\n']);
  expect(stderr).toContain('"Lst"');
  const json = await invalidate('--operation', 'Lst', '--json');
  expect(JSON.parse(json.stdout)).toEqual({ count: 1, unknownOperations: ['Lst'] });
});
