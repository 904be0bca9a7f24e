import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, outcome, type Shop, startShop } from './shop.ts';

/** Everything that the tag hides. */
const HIDDEN = /cost|Sample|secretCode|VAULT|margin|Ledger|ledger|raw|hush/;

let shop: Shop;
beforeAll(async () => {
  const outside = { contract: { excludeTags: ['internal'] }, introspection: true };
  shop = await startShop({
    staff: { match: { clients: [{ name: 'staff' }] }, introspection: true },
    quiet: { match: { clients: [{ name: 'quiet' }] }, ...outside, introspection: false },
    outside: { match: { default: true }, ...outside },
  });
});
afterAll(() => shop[Symbol.asyncDispose]());

const STAFF = { 'graphql-client-name': 'staff' };
const QUIET = { 'graphql-client-name': 'quiet' };
const ask = (query: string, variables?: object, headers = {}): Promise<Answer> =>
  shop.post({ query, variables }, headers);

describe('a document with something hidden', () => {
  test.each([
    ['a field', '{ book { cost } }'],
    ['a field under an alias', '{ book { name: cost } }'],
    ['a field in a fragment', '{ book { ...F } } fragment F on Book { cost }'],
    ['a field that is skipped', '{ book { id cost @skip(if: true) } }'],
    ['a root field', '{ ledger { total } }'],
    ['a type condition', '{ items { ... on Sample { id } } }'],
    ['a type of a fragment', '{ items { ...F } } fragment F on Sample { id }'],
    ['an argument', '{ count(raw: true) }'],
    ['an enum value', '{ count(shelf: VAULT) }'],
    ['an enum value in an object', '{ count(filter: { shelf: VAULT }) }'],
    ['an input field', '{ count(filter: { margin: 1 }) }'],
    ['a default value', 'query($s: Shelf = VAULT) { count(shelf: $s) }'],
    ['the type of a variable', 'query($v: Ledger) { count }'],
  ])('because it selects %s, is as wrong as if there were no such thing', async (_what, query) => {
    for (const headers of [{}, QUIET]) {
      const before = shop.requestCount();
      const known = await ask(query, {}, headers);
      expect([known.status, known.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
      expect(shop.requestCount()).toBe(before);
      // The same words, but for the name that the client has sent itself.
      const invented = await ask(query.replace(HIDDEN, 'Zzzzz'), {}, headers);
      const name = HIDDEN.exec(query)?.[0] as string;
      expect(known.text.replaceAll(name, 'Zzzzz')).toBe(invented.text);
    }
    const whole = await ask(query.replace('($v: Ledger)', ''), {}, STAFF);
    expect(whole.code).not.toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test.each([
    '{ book { cos } }',
    '{ ledge { total } }',
    '{ items { ... on Sampl { id } } }',
    '{ count(ra: true) }',
    '{ count(shelf: VAUL) }',
    '{ count(filter: { margi: 1 }) }',
    'query($v: Ledge) { count }',
    '{ items { secretCode } }',
    '{ items { ... on Book { secretCode } } }',
  ])('close by gets no suggestion of it: %s', async query => {
    const answer = await ask(query);
    expect([answer.status, answer.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    const said = answer.text.replaceAll(/\\"\w+\\"/g, word =>
      query.includes(word.slice(2, -2)) ? '' : word,
    );
    expect(said).not.toMatch(HIDDEN);
  });

  test('is told what it meant among the things that there are', async () => {
    expect((await ask('{ wor }')).text).toContain('Did you mean');
    expect((await ask('{ wor }', {}, QUIET)).text).not.toContain('Did you mean');
    expect((await ask('{ book { cos } }', {}, STAFF)).text).toContain('cost');
  });
});

describe('variables', () => {
  test.each([
    ['a hidden enum value', 'query($s: Shelf) { count(shelf: $s) }', { s: 'VAULT' }],
    ['one like it', 'query($s: Shelf) { count(shelf: $s) }', { s: 'VAUL' }],
    ['a hidden input field', 'query($f: Filter) { count(filter: $f) }', { f: { margin: 1 } }],
    ['one like it', 'query($f: Filter) { count(filter: $f) }', { f: { margi: 1 } }],
    ['a hidden enum value within', 'query($f: Filter) { count(filter: $f) }', { f: { shelf: 'VAULT' } }],
  ])('with %s do not fit, and nothing is suggested', async (_what, query, variables) => {
    const before = shop.requestCount();
    for (const headers of [{}, QUIET]) {
      const answer = await ask(query, variables, headers);
      expect([answer.status, answer.code]).toEqual([400, 'BAD_USER_INPUT']);
      expect(answer.text).not.toMatch(/Did you mean/);
    }
    expect(shop.requestCount()).toBe(before);
  });

  test.each([
    ['an enum value', 'query($s: Shelf) { count(shelf: $s) }', { s: 'FRON' }, 'FRONT'],
    ['an input field', 'query($f: Filter) { count(filter: $f) }', { f: { nam: 'x' } }, '\\"name\\"'],
  ])(
    'close to %s tell those who may ask for the schema, and nobody else',
    async (_what, query, variables, name) => {
      expect((await ask(query, variables)).text).toContain(`Did you mean`);
      expect((await ask(query, variables)).text).toContain(name);
      const answer = await ask(query, variables, QUIET);
      expect([answer.status, answer.code]).toEqual([400, 'BAD_USER_INPUT']);
      expect(answer.text).not.toContain(name);
      expect(answer.text).not.toContain('Did you mean');
    },
  );

  test('of the whole schema may have them', async () => {
    const variables = { f: { margin: 1, shelf: 'VAULT' } };
    const query = 'query($f: Filter) { count(filter: $f) }';
    expect(await outcome(ask(query, variables, STAFF))).toEqual([200, { count: 5 }]);
  });
});

describe('introspection', () => {
  test('shows a whole schema that has never had it', async () => {
    const answer = await ask(getIntrospectionQuery({ inputValueDeprecation: true }));
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(HIDDEN);
    expect(answer.text).not.toMatch(/join__|federation|"tag"/);
    const schema = buildClientSchema(answer.data as IntrospectionQuery);
    expect(schema.getType('Book')).toBeDefined();
    const whole = await ask(getIntrospectionQuery(), {}, STAFF);
    for (const name of ['cost', 'Sample', 'VAULT', 'margin', 'Ledger', 'raw'])
      expect(whole.text).toContain(name);
  });

  test.each(['Sample', 'Ledger', 'Invented', 'join__Graph', '__proto__'])(
    'of the type %s is null',
    async name => {
      expect(await outcome(ask(`{ __type(name: "${name}") { name } }`))).toEqual([200, { __type: null }]);
    },
  );

  test('names the possible types that there are', async () => {
    const { data } = await ask(
      '{ a: __type(name: "Item") { possibleTypes { name } } b: __type(name: "Found") { possibleTypes { name } } }',
    );
    const possibleTypes = [{ name: 'Book' }, { name: 'Toy' }];
    expect(data).toEqual({ a: { possibleTypes }, b: { possibleTypes } });
  });

  test('is refused where the persona may not, for names that there are and names that there are not', async () => {
    for (const query of [
      '{ __schema { queryType { name } } }',
      '{ __type(name: "Book") { name } }',
      '{ __type(name: "Sample") { name } }',
      '{ ...F } fragment F on Query { x: __schema { types { name } } }',
    ]) {
      const answer = await ask(query, {}, QUIET);
      expect([answer.status, answer.code, answer.data]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED', null]);
      expect(answer.text).not.toMatch(/Book|Apollo/);
    }
    expect(await outcome(ask('{ book { __typename } }', {}, QUIET))).toEqual([
      200,
      { book: { __typename: 'Book' } },
    ]);
  });
});

describe('an object of a hidden type', () => {
  test('is null where it stands alone', async () => {
    const query = 'query($k: String) { item(kind: $k) { __typename id name } }';
    const answer = await ask(query, { k: 'sample' });
    expect(answer.data).toEqual({ item: null });
    expect(answer.text).not.toMatch(HIDDEN);
    expect((await ask(query, { k: 'book' })).data).toEqual({
      item: { __typename: 'Book', id: 'b', name: 'Weirs' },
    });
    expect((await ask(query, { k: 'sample' }, STAFF)).data).toEqual({
      item: { __typename: 'Sample', id: 's', name: 'hush' },
    });
  });

  test.each(['{ items { id name } }', '{ items { __typename } }', '{ items { ... on Book { pages } } }'])(
    'is null in a list of %s',
    async query => {
      const { data, text } = await ask(query);
      const { items } = data as { items: unknown[] };
      expect(items.map(item => item === null)).toEqual([false, true, false]);
      expect(text).not.toMatch(HIDDEN);
    },
  );

  test('takes a list along that may hold no null', async () => {
    const answer = await ask('{ someItems { id name } word }');
    expect(answer.data).toEqual({ someItems: null, word: 'water' });
    expect(answer.text).not.toMatch(HIDDEN);
  });

  test('is null in a union', async () => {
    const answer = await ask('{ found { __typename ... on Book { id } ... on Toy { age } } }');
    expect(answer.data).toEqual({ found: [{ __typename: 'Toy', age: 3 }, null] });
    expect(answer.text).not.toMatch(HIDDEN);
  });

  test('is as null the second and third time, when code has been generated', async () => {
    const query = '{ items { id name } found { ... on Toy { id } } }';
    const texts = new Set<string>();
    for (let count = 0; count < 4; count++) texts.add((await ask(query)).text);
    expect(texts.size).toBe(1);
  });
});

test('a hidden enum value that a subgraph returns is null, and not named', async () => {
  const answer = await ask('{ shelf }');
  expect(answer.data).toEqual({ shelf: null });
  expect(answer.text).not.toMatch(HIDDEN);
  expect((await ask('{ shelf }', {}, STAFF)).data).toEqual({ shelf: 'VAULT' });
});
