import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/shared/hash.ts';
import { startGateway } from '../support/start-gateway.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type Shop, startShop } from './shop.ts';

const SECRET = 'hunter2';

let folder: TemporaryFolder;
let shop: Shop;
beforeAll(async () => {
  folder = await temporaryFolder({ 'm.json': JSON.stringify({ word: 'query Word { word }' }) });
  const audited = { audit: true, limits: { depth: 3, batch: 3 } };
  shop = await startShop(
    {
      admin: { match: { clients: [{ name: 'admin' }] }, ...audited },
      ids: {
        match: { clients: [{ name: 'ids' }] },
        ...audited,
        documents: { mode: 'ids-only', manifests: ['m.json'] },
      },
      public: { match: { default: true } },
    },
    { folder: folder.path },
  );
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const ADMIN = { 'graphql-client-name': 'admin' };
const IDS = { 'graphql-client-name': 'ids' };

interface Line {
  readonly audit: Readonly<Record<string, unknown>>;
  readonly requestId: string;
}

/** The audit lines that are written meanwhile. */
async function linesOf(work: () => Promise<unknown>): Promise<readonly Line[]> {
  const before = shop.log.length;
  await work();
  const lines = shop.log.slice(before).filter(({ fields }) => 'audit' in fields);
  expect(lines.every(({ level }) => level === 'info')).toBe(true);
  expect(JSON.stringify(lines)).not.toContain(SECRET);
  return lines.map(({ fields }) => fields as Line);
}

test('an operation has a line: who, what, how it ended', async () => {
  const token = shop.bearer({ sub: 'u-7', tenant: 't-1', client_id: 'app' });
  const query = 'query Count($f: Filter) { count(filter: $f) }';
  const [line, ...others] = await linesOf(() =>
    shop.post({ query, variables: { f: { name: SECRET } } }, { ...ADMIN, ...token, 'x-request-id': 'r-1' }),
  );
  expect(others).toEqual([]);
  expect(line).toEqual({
    audit: {
      persona: 'admin',
      subject: 'u-7',
      credential: 'jwt',
      tenant: 't-1',
      client: 'app',
      operation: 'Count',
      kind: 'query',
      document: sha256(query),
      outcome: 'ok',
      codes: [],
      removedFields: 0,
      durationMs: expect.any(Number),
    },
    requestId: 'r-1',
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

test('a persona without audit has none', async () => {
  expect(await linesOf(() => shop.post({ query: '{ word }' }))).toEqual([]);
});

describe('a request has one line, whatever becomes of it:', () => {
  const nested = `${'{"a":'.repeat(120)}1${'}'.repeat(120)}`;
  test.each<[string, () => Promise<unknown>, unknown, string | null]>([
    ['a mutation', () => shop.post({ query: 'mutation { note }' }, ADMIN), [], 'mutation'],
    ['introspection', () => shop.post({ query: '{ __typename }' }, ADMIN), [], 'query'],
    ['text that does not parse', () => shop.post({ query: '{' }, ADMIN), ['GRAPHQL_PARSE_FAILED'], null],
    [
      'a field that there is not',
      () => shop.post({ query: '{ a }' }, ADMIN),
      ['GRAPHQL_VALIDATION_FAILED'],
      null,
    ],
    [
      'variables that do not fit',
      () =>
        shop.post(
          { query: 'query($f: Filter) { count(filter: $f) }', variables: { f: { [SECRET]: 1 } } },
          ADMIN,
        ),
      ['BAD_USER_INPUT'],
      'query',
    ],
    [
      'one that is too deep',
      () =>
        shop.post(
          { query: '{ __typename ...{ book { a: __typename ...{ b: id c { d { e } } } } } }' },
          ADMIN,
        ),
      ['DOCUMENT_LIMIT_EXCEEDED'],
      null,
    ],
    [
      'one that nests too deep to look at',
      () => shop.get({ query: nested }, ADMIN),
      ['DOCUMENT_LIMIT_EXCEEDED'],
      null,
    ],
    ['a mutation by GET', () => shop.get({ query: 'mutation { note }' }, ADMIN), ['BAD_REQUEST'], 'mutation'],
    ['no document', () => shop.post({}, ADMIN), ['BAD_REQUEST'], null],
    ['an unknown id', () => shop.post({ id: 'x' }, ADMIN), ['PERSISTED_DOCUMENT_NOT_FOUND'], null],
    [
      'a text where ids are demanded',
      () => shop.post({ query: '{ word }' }, IDS),
      ['PERSISTED_DOCUMENT_REQUIRED'],
      null,
    ],
    [
      'a hash that nobody has registered',
      () => shop.post({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }, ADMIN),
      ['PERSISTED_QUERY_NOT_FOUND'],
      null,
    ],
    [
      'a batch that is too large',
      () =>
        shop.post(
          Array.from({ length: 4 }, () => ({ query: '{ word }' })),
          ADMIN,
        ),
      ['DOCUMENT_LIMIT_EXCEEDED'],
      null,
    ],
  ])('%s', async (_what, ask, codes, kind) => {
    const lines = await linesOf(ask);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.audit).toMatchObject({
      codes,
      kind,
      outcome: (codes as unknown[]).length > 0 ? 'error' : 'ok',
    });
  });

  test('a subgraph that fails', async () => {
    const { shop: subgraph } = shop.subgraphs;
    subgraph.respond = (_seen, response) => void response.writeHead(500).end();
    const [line, ...others] = await linesOf(() => shop.post({ query: '{ word }' }, ADMIN));
    subgraph.respond = undefined;
    expect([line?.audit['outcome'], line?.audit['codes'], others]).toEqual([
      'partial',
      ['SUBGRAPH_UNAVAILABLE'],
      [],
    ]);
  });
});

test('each operation of a batch has its own', async () => {
  const lines = await linesOf(() => shop.post([{ id: 'word' }, { id: 'x' }, { query: '{' }], IDS));
  expect(lines.map(({ audit }) => [audit['operation'], audit['document'], audit['codes']])).toEqual(
    expect.arrayContaining([
      ['Word', 'word', []],
      [null, null, ['PERSISTED_DOCUMENT_NOT_FOUND']],
      [null, null, ['PERSISTED_DOCUMENT_REQUIRED']],
    ]),
  );
  expect(lines).toHaveLength(3);
});

test('a registered document is named by its id', async () => {
  const [line] = await linesOf(() => shop.get({}, IDS, 'word'));
  expect(line?.audit).toMatchObject({
    document: 'word',
    operation: 'Word',
    credential: 'anonymous',
    subject: null,
  });
});

test('the name of an operation is shortened', async () => {
  const name = 'N'.repeat(500);
  const [line] = await linesOf(() => shop.post({ query: `query ${name} { word }` }, ADMIN));
  expect(line?.audit['operation']).toBe('N'.repeat(100));
});

test('a plugin that throws does not keep the line away, nor make a second one', async () => {
  for (const hook of ['didResolveSource', 'willSendResponse'] as const) {
    await using gateway = await startGateway({
      subgraphs: { a: { typeDefs: 'type Query { x: Int }' } },
      config: { personas: { all: { match: { default: true }, audit: true } } },
      plugins: [
        {
          requestDidStart: async () => ({
            [hook]: async () => {
              throw new Error('of a plugin');
            },
          }),
        },
      ],
    });
    await gateway.ask('{ x }');
    const lines = gateway.log.filter(({ fields }) => 'audit' in fields);
    expect(lines, hook).toHaveLength(1);
  }
});
