import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/shared/hash.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type Answer, type Shop, startShop } from './shop.ts';

const WORD = '{ word }';
const RULES = `
import { rule } from 'graphql-shield';
const byHeader = rule({ cache: 'contextual' })((_parent, _args, { headers }) => !headers.has('x-blocked'));
const byCaller = rule({ cache: 'contextual' })((_parent, _args, { caller }) => caller.kind === 'anonymous');
export const permissions = { Book: { id: byHeader, name: byCaller } };`;

let folder: TemporaryFolder;
let shop: Shop;
beforeAll(async () => {
  folder = await temporaryFolder({
    'm.json': JSON.stringify({
      word: WORD,
      book: '{ book { id } }',
      title: '{ book { name } }',
      shelf: '{ shelf }',
      count: 'query($f: Filter) { count(filter: $f) }',
    }),
    'rules.ts': RULES,
  });
  const documents = { manifests: ['m.json'] };
  shop = await startShop(
    {
      silent: { match: { clients: [{ name: 'silent' }] }, documents },
      public: {
        match: { default: true },
        documents,
        response: { maxAge: '90s' },
        limits: { batch: 2 },
        contract: { excludeTags: ['internal'] },
      },
    },
    {
      folder: folder.path,
      config: {
        policy: {
          authorization: { rules: 'rules.ts' },
          rateLimit: { limits: { addresses: { limit: 1_000, window: '1h', by: ['ip'] } } },
        },
        server: { cors: { origins: ['https://shop.example'] }, compression: { minBytes: '1B' } },
        execution: {
          subgraphs: { all: { headers: { request: [{ propagate: { name: 'Accept-Language' } }] } } },
        },
      },
    },
  );
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const said = ({ headers }: Answer): string | null => headers.get('cache-control');
const PUBLIC = 'public, max-age=90';

describe('a shared cache may keep', () => {
  test.each([
    ['the path', () => shop.get({}, {}, 'word')],
    ['documentId', () => shop.get({ documentId: 'word' })],
    ['the hash', () => shop.get({}, {}, sha256(WORD))],
    ['its text', () => shop.get({ query: '{  word  }' })],
  ])('what nobody in particular gets of a registered document, by %s', async (_way, ask) => {
    const answer = await ask();
    expect([answer.status, answer.data, said(answer)]).toEqual([200, { word: 'water' }, PUBLIC]);
  });

  test('what a rule has allowed that looks at the caller only', async () => {
    const answer = await shop.get({}, {}, 'title');
    expect([answer.data, said(answer)]).toEqual([{ book: { name: 'Weirs' } }, PUBLIC]);
  });

  test('it apart by all that decides about the answer', async () => {
    const { headers } = await shop.get(
      {},
      { origin: 'https://shop.example', 'sec-fetch-site': 'same-origin' },
      'word',
    );
    const names = (headers.get('vary') ?? '').toLowerCase().split(/, */);
    expect(names).toEqual(
      expect.arrayContaining([
        'accept',
        'accept-encoding',
        'accept-language',
        'authorization',
        'x-api-key',
        'cookie',
        'graphql-client-name',
        'graphql-client-version',
        'apollographql-client-name',
        'apollographql-client-version',
        'origin',
      ]),
    );
    expect(headers.get('cache-control')).toBe(PUBLIC);
    expect(headers.get('access-control-allow-origin')).toBe('https://shop.example');
  });
});

test('what a caller has left is told where nobody else is told it', async () => {
  const kept = await shop.get({}, {}, 'word');
  const own = await shop.post({ documentId: 'word' });
  const names = ['ratelimit', 'ratelimit-policy'];
  expect(names.map(name => kept.headers.get(name))).toEqual([null, null]);
  expect(names.map(name => own.headers.get(name))).toEqual([
    expect.stringContaining('"addresses";r='),
    '"addresses";q=1000;w=3600',
  ]);
});

describe('nobody may keep', () => {
  test.each<[string, () => Promise<Answer>, number]>([
    ['what somebody gets', () => shop.get({}, shop.bearer(), 'word'), 200],
    [
      'what is made for a header that is passed on',
      () => shop.get({}, { 'accept-language': 'de' }, 'word'),
      200,
    ],
    ['what comes by POST', () => shop.post({ documentId: 'word' }), 200],
    ['a batch', () => shop.post([{ documentId: 'word' }]), 200],
    ['the answer to any other document', () => shop.get({ query: '{ nothing }' }), 200],
    ['what another persona gets', () => shop.get({}, { 'graphql-client-name': 'silent' }, 'word'), 200],
    ['what a rule has allowed that looks at headers', () => shop.get({}, {}, 'book'), 200],
    ['an answer with an error', () => shop.get({}, {}, 'shelf'), 200],
    ['an unknown id', () => shop.get({}, {}, 'nothing'), 404],
    ['variables that do not fit', () => shop.get({ variables: '{"f":1}' }, {}, 'count'), 400],
    ['a document that is not valid', () => shop.get({ query: '{ unknown }' }), 400],
    ['a bad credential', () => shop.get({}, { authorization: 'Bearer x' }, 'word'), 401],
    ['a persona that there is not', () => shop.get({}, shop.bearer({ persona: 'x' }), 'word'), 403],
    ['a request of another site', () => shop.get({}, { 'sec-fetch-site': 'cross-site' }, 'word'), 403],
    ['a missing id', () => shop.get({}), 400],
  ])('%s', async (_what, ask, status) => {
    const answer = await ask();
    expect([answer.status, said(answer)]).toEqual([status, 'no-store']);
  });

  test('what there is not, or not this way', async () => {
    for (const request of [
      new Request('http://gateway/elsewhere'),
      new Request('http://gateway/graphql', { method: 'DELETE' }),
    ])
      expect((await shop.handle(request)).headers.get('cache-control')).toBe('no-store');
  });

  test('an answer that a subgraph could not give', async () => {
    const { shop: subgraph } = shop.subgraphs;
    subgraph.respond = (_seen, response) => void response.writeHead(500).end();
    const answer = await shop.get({}, {}, 'word');
    subgraph.respond = undefined;
    expect([answer.data, answer.code, said(answer)]).toEqual([
      { word: null },
      'SUBGRAPH_UNAVAILABLE',
      'no-store',
    ]);
  });
});
