import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Shop, startShop } from './shop.ts';

const MANIFEST = JSON.stringify({
  word: '{ word }',
  two: 'query A { book { id } } query B { items { name } }',
  count: 'query Count($f: Filter!, $skip: Boolean!) { count(filter: $f) word @skip(if: $skip) }',
  secret: '{ ledger { total } }',
});

const plansOf = (shop: Shop): Promise<number> => shop.metric('weir_plan_duration_seconds_count');

describe('the documents of manifests', () => {
  test('are planned before the gateway serves, so that a first request plans nothing', async () => {
    await using folder = await temporaryFolder({ 'm.json': MANIFEST });
    const documents = { mode: 'ids-only' as const, manifests: ['m.json'] };
    await using shop = await startShop(
      { web: { match: { default: true }, documents } },
      { folder: folder.path },
    );
    // One for each operation: the document with two has two.
    expect(await plansOf(shop)).toBe(5);
    expect((await shop.post({ id: 'word' })).data).toEqual({ word: 'water' });
    for (const operationName of ['A', 'B'])
      expect((await shop.post({ id: 'two', operationName })).code).toBeNull();
    const variables = { f: { name: 'x' }, skip: true };
    expect((await shop.post({ id: 'count', variables })).data).toEqual({ count: 5 });
    expect((await shop.post({ id: 'secret' })).data).toEqual({ ledger: { total: 7 } });
    expect(await plansOf(shop)).toBe(5);
  });

  test('that do not fit the contract are told of at the start, and refused when they are sent', async () => {
    await using folder = await temporaryFolder({ 'm.json': MANIFEST });
    const documents = { mode: 'ids-only' as const, manifests: ['m.json'] };
    await using shop = await startShop(
      { web: { match: { default: true }, documents, contract: { excludeTags: ['internal'] } } },
      { folder: folder.path },
    );
    const [warning] = shop.log.filter(({ message }) => message.startsWith('registered documents do not fit'));
    expect(warning).toMatchObject({
      level: 'warn',
      fields: { persona: 'web', ids: ['secret'], documents: 1 },
    });
    const answer = await shop.post({ id: 'secret' });
    expect([answer.status, answer.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    expect(answer.text).not.toMatch(/total|Ledger/);
    expect(shop.requestCount()).toBe(0);
  });

  test('of two personas with one contract are planned once', async () => {
    await using folder = await temporaryFolder({ 'm.json': JSON.stringify({ word: '{ word }' }) });
    const documents = { manifests: ['m.json'] };
    await using shop = await startShop(
      { a: { match: { clients: [{ name: 'a' }] }, documents }, b: { match: { default: true }, documents } },
      { folder: folder.path },
    );
    expect(await plansOf(shop)).toBe(1);
  });
});
