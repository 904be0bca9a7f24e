import { describe, expect, test } from 'vitest';
import { KnownOperations } from '../../../src/cache/invalidation/known-operations.ts';
import { sha256 } from '../../../src/shared/hash.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type KeptShop, startKeptShop } from '../response/kept-shop.ts';

const name = (text: string) => ({ kind: 'operation', name: text }) as const;
const hash = (text: string) => ({ kind: 'operation', hash: sha256(text) }) as const;

describe('operations that are named to be forgotten', () => {
  test('are unknown if nobody has sent them', () => {
    const operations = new KnownOperations();
    operations.see({ name: 'Sent', hash: sha256('sent') });
    operations.see({ name: null, hash: sha256('nameless') });
    const targets = [name('Sent'), name('Snt'), name('Snt'), hash('sent'), hash('nameless'), hash('other')];
    expect(operations.unknown([...targets, { kind: 'all' }, { kind: 'tag', tag: 'x' }])).toEqual([
      'Snt',
      sha256('other'),
    ]);
  });

  test('are not told apart any more after too many', () => {
    const operations = new KnownOperations(3);
    for (const text of ['a', 'b', 'c', 'c']) operations.see({ name: text, hash: sha256(text) });
    expect(operations.unknown([name('x')])).toEqual(['x']);
    operations.see({ name: 'd', hash: sha256('d') });
    expect(operations.unknown([name('x'), hash('x')])).toEqual([]);
    operations.see({ name: 'e', hash: sha256('e') });
    expect(operations.unknown([name('x')])).toEqual([]);
  });

  test('nor by names only, of which one document may have many', () => {
    const operations = new KnownOperations(3);
    for (const text of ['a', 'b', 'c', 'd']) operations.see({ name: text, hash: 'one' });
    expect(operations.unknown([name('x')])).toEqual([]);
  });

  test('are not remembered by a name that no target can have', () => {
    const operations = new KnownOperations(1);
    operations.see({ name: 'n'.repeat(301), hash: 'one' });
    operations.see({ name: 'N', hash: 'one' });
    expect(operations.unknown([name('N'), name('M')])).toEqual(['M']);
  });
});

async function invalidate(shop: KeptShop, ...targets: readonly object[]) {
  const response = await shop.gateway.admin.inject({
    method: 'POST',
    url: '/cache/invalidate',
    payload: targets,
  });
  expect(response.statusCode).toBe(202);
  return response.json() as { count: number; unknownOperations?: readonly string[] };
}

describe('a gateway', () => {
  const query = 'query List { products { id name } }';

  test('names what it was never sent, and forgets by it all the same', async () => {
    await using shop = await startKeptShop();
    await shop.ask(query);
    await shop.ask('mutation Rename { rename(id: "1", name: "x") { id } }');
    // As it is sent again it is not even parsed.
    await shop.ask(query);
    expect(
      await invalidate(shop, name('List'), name('Lst'), name('Rename'), hash(query), hash('{ x }')),
    ).toEqual({
      count: 5,
      unknownOperations: ['Lst', 'Rename', sha256('{ x }')],
    });
    const { headers } = await shop.handle(graphqlRequest({ query }));
    expect(headers.get('x-cache')).toBe('MISS');
  });

  test.each([name('List'), hash(query)])('forgets answers by %o, and no others', async target => {
    await using shop = await startKeptShop();
    const state = async (text: string) =>
      (await shop.handle(graphqlRequest({ query: text }))).headers.get('x-cache');
    const other = 'query Other { products { name } }';
    for (const text of [query, other]) await state(text);
    expect(await invalidate(shop, target)).toEqual({ count: 1 });
    expect([await state(other), await state(query), await state(query)]).toEqual(['HIT', 'MISS', 'HIT']);
  });

  test('knows the operations of manifests, sent or not', async () => {
    await using folder = await temporaryFolder({ 'm.json': JSON.stringify({ list: query }) });
    await using other = await startKeptShop();
    await using shop = await startKeptShop(
      {
        personas: { web: { match: { default: true }, documents: { manifests: [`${folder.path}/m.json`] } } },
      },
      other,
    );
    expect(await invalidate(shop, name('List'), hash(query), name('Lst'))).toEqual({
      count: 3,
      unknownOperations: ['Lst'],
    });
  });
});
