import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOwnTime } from '../support/own-time.ts';
import { type Answer, outcome, type Shop, startShop } from './shop.ts';

const as = (name: string) => ({ 'graphql-client-name': name });
const client = (name: string) => ({ match: { clients: [{ name }] } });

let shop: Shop;
beforeAll(async () => {
  shop = await startShop(
    {
      depth: { ...client('depth'), limits: { depth: 2 } },
      aliases: { ...client('aliases'), limits: { aliases: 2 } },
      roots: { ...client('roots'), limits: { rootFields: 2 } },
      directives: { ...client('directives'), limits: { directives: 2 } },
      fragments: { ...client('fragments'), limits: { fragments: 2 } },
      tokens: { ...client('tokens'), limits: { tokens: 8 } },
      batch: { ...client('batch'), limits: { batch: 2 } },
      all: {
        ...client('all'),
        limits: { depth: 5, aliases: 5, rootFields: 5, directives: 5 },
        introspection: true,
      },
      free: { match: { default: true } },
    },
    { config: { operation: { maxTokens: 20_000 } } },
  );
});
afterAll(() => shop[Symbol.asyncDispose]());

const TOO_LARGE = [400, 'DOCUMENT_LIMIT_EXCEEDED'];

async function expectRefused(asked: Promise<Answer>): Promise<void> {
  const before = shop.requestCount();
  const answer = await asked;
  expect([answer.status, answer.code]).toEqual(TOO_LARGE);
  expect(answer.errors).toHaveLength(1);
  expect(shop.requestCount()).toBe(before);
}

describe.each([
  [
    'depth',
    '{ book { id } ... { word } }',
    '{ items { ... on Book { __typename } x: id } a: book { id { no } } }',
  ],
  ['aliases', '{ a: word b: word }', '{ a: word b: word c: word }'],
  ['roots', '{ word nothing }', '{ word ...F } fragment F on Query { nothing book { id } }'],
  ['directives', '{ word @skip(if: false) @include(if: true) }', '{ word @a @b @c }'],
  ['fragments', '{ ... { word } ... on Query { nothing } }', '{ ...F ...F } fragment F on Query { ...F }'],
  ['tokens', '{ word nothing a: shelf count }', '{ word nothing shelf book { id } }'],
])('%s', (name, within, beyond) => {
  test('lets a valid document at the limit pass', async () => {
    expect((await shop.post({ query: within }, as(name))).code).toBeNull();
  });

  test('refuses one beyond it with one error, in either media type, by POST and GET', async () => {
    await expectRefused(shop.post({ query: beyond }, as(name)));
    await expectRefused(shop.post({ query: beyond }, { ...as(name), accept: 'application/json' }));
    await expectRefused(shop.get({ query: beyond }, as(name)));
  });

  test('is nobody else’s limit', async () => {
    const { status, code } = await shop.post({ query: beyond });
    expect([status, code]).not.toEqual(TOO_LARGE);
  });
});

describe('before validation', () => {
  test('what is too large is told, and nothing of what else is wrong', async () => {
    const query = `query($v: Nope) { ${'x: unknown(a: $w) @nope '.repeat(300)} }`;
    const answer = await shop.post({ query }, as('all'));
    expect([answer.status, answer.code, answer.errors.length]).toEqual([...TOO_LARGE, 1]);
    expect(answer.text).not.toMatch(/unknown|Nope|nope/);
  });

  test('the same document is refused again, and a smaller one is not', async () => {
    for (let count = 0; count < 3; count++)
      await expectRefused(shop.post({ query: '{ items { x: id { y } } }' }, as('depth')));
    expect(await outcome(shop.post({ query: '{ word }' }, as('depth')))).toEqual([200, { word: 'water' }]);
  });

  test('a document that one persona may run is refused to another that may not', async () => {
    const query = '{ a: word b: word c: word }';
    expect((await shop.post({ query })).status).toBe(200);
    await expectRefused(shop.post({ query }, as('aliases')));
    expect((await shop.post({ query })).status).toBe(200);
  });
});

describe('bombs', () => {
  const fragments = (levels: number): string =>
    Array.from(
      { length: levels },
      (_, at) => `fragment F${at} on Query { ...F${at + 1} x${at}: word ...F${at + 1} }`,
    ).join(' ');

  test('of fragments that double each other are refused at once', async () => {
    const query = `{ ...F0 } ${fragments(900)} fragment F900 on Query { y: word }`;
    using time = startOwnTime();
    await expectRefused(shop.post({ query }, as('all')));
    // Spread, there would be more fields than atoms; the bound is for slow machines.
    expect(time.ms).toBeLessThan(2_000);
  });

  test('of fragments in a circle are errors', async () => {
    const query = '{ ...A } fragment A on Query { word ...B } fragment B on Query { ...A }';
    expect(await outcome(shop.post({ query }, as('all')))).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
  });

  test('of introspection are bounded, and honest introspection passes', async () => {
    expect(
      (
        await shop.post(
          { query: '{ __schema { types { name fields { name type { name ofType { name } } } } } }' },
          as('all'),
        )
      ).code,
    ).toBeNull();
  });
});

describe('batches', () => {
  const word = { query: '{ word }' };

  test('of the allowed size are answered in their order', async () => {
    const { status, text } = await shop.post([word, { query: '{ nothing }' }], as('batch'));
    expect([status, JSON.parse(text)]).toEqual([
      200,
      [{ data: { word: 'water' } }, { data: { nothing: null } }],
    ]);
  });

  test('beyond it run nothing', async () => {
    const note = { query: 'mutation { note(text: "x") }' };
    await expectRefused(shop.post([note, note, note], as('batch')));
    expect(await outcome(shop.post([], as('batch')))).toEqual([400, 'BAD_REQUEST']);
  });

  test('are refused where there are none', async () => {
    expect(await outcome(shop.post([word]))).toEqual([400, 'BAD_REQUEST']);
  });

  test('hold each operation to the limits of the persona', async () => {
    await using both = await startShop({
      all: { match: { default: true }, limits: { batch: 2, rootFields: 1 } },
    });
    const { text } = await both.post([word, { query: '{ word nothing }' }]);
    expect(JSON.parse(text)).toMatchObject([
      { data: { word: 'water' } },
      { errors: [{ extensions: { code: 'DOCUMENT_LIMIT_EXCEEDED' } }] },
    ]);
  });
});
