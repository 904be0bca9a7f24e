import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/shared/hash.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type Answer, outcome, type Shop, startShop } from './shop.ts';

const WORD = 'query Word {\n  word\n}';
const COUNT = 'query Count($f: Filter) { count(filter: $f) }';
const NOTE = 'mutation Note($t: String) { note(text: $t) }';
const TWO = 'query A { word } query B { nothing }';
const hash = sha256(WORD);
const LONG_ID = `${'long/'.repeat(40)}id`;
const MANIFEST = { [hash]: WORD, count: COUNT, 'a/b note': NOTE, [LONG_ID]: WORD, two: TWO };

let folder: TemporaryFolder;
let shop: Shop;
beforeAll(async () => {
  folder = await temporaryFolder({
    'web.json': JSON.stringify(MANIFEST),
    'other.json': JSON.stringify({ count: 'query Count { word }' }),
  });
  const as = (name: string) => ({ match: { clients: [{ name }] } });
  shop = await startShop(
    {
      ids: { ...as('ids'), documents: { mode: 'ids-only', manifests: ['web.json'] }, limits: { batch: 5 } },
      safe: { ...as('safe'), documents: { mode: 'safelist', manifests: ['web.json'] }, limits: { batch: 5 } },
      logs: {
        ...as('logs'),
        documents: { mode: 'log-unknown', manifests: ['web.json'] },
        limits: { batch: 5 },
      },
      other: { ...as('other'), documents: { mode: 'free', manifests: ['other.json'] } },
      plain: { ...as('plain'), documents: { apq: false } },
      free: { match: { default: true }, limits: { batch: 5 } },
    },
    { folder: folder.path },
  );
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const as = (name: string) => ({ 'graphql-client-name': name });
const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });
const OK = [200, { word: 'water' }];
const REQUIRED = [403, 'PERSISTED_DOCUMENT_REQUIRED'];
const NOT_FOUND = [404, 'PERSISTED_DOCUMENT_NOT_FOUND'];
const BAD = [400, 'BAD_REQUEST'];

/** One way to send an id, by POST and by GET. */
type Way = (id: string, name: string) => Promise<Answer>;

const WAYS: readonly [string, Way][] = [
  ['documentId in a POST', (id, name) => shop.post({ documentId: id }, as(name))],
  [
    'a prefixed documentId in a POST',
    (id, name) => shop.post({ documentId: id === hash ? `sha256:${id}` : id }, as(name)),
  ],
  ['id in a POST', (id, name) => shop.post({ id }, as(name))],
  ['doc_id in a POST', (id, name) => shop.post({ doc_id: id }, as(name))],
  ['documentId in a GET', (id, name) => shop.get({ documentId: id }, as(name))],
  ['id in a GET', (id, name) => shop.get({ id }, as(name))],
  ['the path of a GET', (id, name) => shop.get({}, as(name), id)],
  ['the path of a GET with the same in the query', (id, name) => shop.get({ documentId: id }, as(name), id)],
  [
    'a batch of one',
    async (id, name) => {
      const answer = await shop.post([{ documentId: id }], as(name));
      const [only] = JSON.parse(answer.text);
      const code = only.errors?.[0]?.extensions?.code ?? null;
      const statuses: Record<string, number> = { PERSISTED_DOCUMENT_NOT_FOUND: 404 };
      // In a batch the status is that of the batch.
      expect(answer.status).toBe(200);
      return { ...answer, status: statuses[code] ?? 200, code, data: only.data };
    },
  ],
];

describe.each(['ids', 'safe', 'logs'])('%s runs a document by', name => {
  test.each(WAYS)('%s', async (_way, send) => {
    expect(await outcome(send(hash, name))).toEqual(OK);
    expect(await outcome(send(LONG_ID, name))).toEqual(OK);
    expect(await outcome(send('0'.repeat(64), name))).toEqual(NOT_FOUND);
    expect(await outcome(send('constructor', name))).toEqual(NOT_FOUND);
  });

  test('the hash of Apollo’s extension, in both methods', async () => {
    expect(await outcome(shop.post({ extensions: persisted(hash) }, as(name)))).toEqual(OK);
    const extensions = JSON.stringify(persisted(hash));
    expect(await outcome(shop.get({ extensions }, as(name)))).toEqual(OK);
    expect(await outcome(shop.post({ query: WORD, extensions: persisted(hash) }, as(name)))).toEqual(OK);
  });

  test('its id with variables and the name of an operation', async () => {
    const variables = { f: { name: 'x' } };
    expect(await outcome(shop.post({ id: 'count', variables }, as(name)))).toEqual([200, { count: 5 }]);
    const inUrl = { variables: JSON.stringify(variables), operationName: 'Count' };
    expect(await outcome(shop.get(inUrl, as(name), 'count'))).toEqual([200, { count: 5 }]);
    expect(await outcome(shop.get({ operationName: 'B' }, as(name), 'two'))).toEqual([
      200,
      { nothing: null },
    ]);
    expect(await outcome(shop.get({}, as(name), 'two'))).toEqual([400, 'OPERATION_RESOLUTION_FAILURE']);
    expect(await outcome(shop.post({ id: 'count', variables: { f: 1 } }, as(name)))).toEqual([
      400,
      'BAD_USER_INPUT',
    ]);
  });

  test('the path of a POST', async () => {
    const post = (body: unknown): Request =>
      new Request(`http://gateway/graphql/${encodeURIComponent('a/b note')}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...as(name) },
        body: JSON.stringify(body),
      });
    const answer = await shop.handle(post({ variables: { t: 'x' } }));
    expect([answer.status, await answer.json()]).toEqual([200, { data: { note: 'x' } }]);
    const batch = await shop.handle(post([{}]));
    expect([batch.status, await batch.json()]).toMatchObject([
      400,
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ]);
  });
});

describe('what no mode runs', () => {
  test('a mutation by GET, also under its id', async () => {
    const before = shop.requestCount();
    for (const name of ['ids', 'safe', 'logs']) {
      const answer = await shop.get({ variables: '{"t":"x"}' }, as(name), 'a/b note');
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
    expect(shop.requestCount()).toBe(before);
  });

  test.each(['ids', 'safe', 'logs', 'free'])('neither text nor id, or two ids, as %s', async name => {
    for (const body of [
      {},
      { query: '' },
      { id: 1 },
      { id: ['count'] },
      { id: 'x'.repeat(257) },
      { id: 'count', documentId: hash },
      { id: 'count', extensions: persisted(hash) },
      { extensions: { persistedQuery: { version: 2, sha256Hash: hash } } },
      { extensions: { persistedQuery: {} } },
    ])
      expect(await outcome(shop.post(body, as(name))), JSON.stringify(body)).toEqual(BAD);
    expect(await outcome(shop.get({ documentId: hash }, as(name), 'count'))).toEqual(BAD);
    expect(await outcome(shop.get({ extensions: '{' }, as(name)))).toEqual(BAD);
    expect(await outcome(shop.get({ query: WORD, extensions: '1' }, as('logs')))).toEqual(BAD);
    expect(await outcome(shop.get({ query: WORD, extensions: '{"x":1}' }, as('logs')))).toEqual(OK);
    expect(await outcome(shop.get({ variables: '[' }, as(name), 'count'))).toEqual(
      name === 'free' ? NOT_FOUND : BAD,
    );
  });

  test('a parameter of a URL that is there twice', async () => {
    for (const search of [
      `id=count&id=${hash}`,
      'id=count&variables={}&variables={}',
      'query={word}&query={word}',
    ]) {
      const response = await shop.handle(
        new Request(`http://gateway/graphql?${search}`, { headers: as('logs') }),
      );
      expect(response.status, search).toBe(400);
    }
  });

  test('an id that is too long for one, in the path', async () => {
    expect(await outcome(shop.get({}, as('ids'), 'x'.repeat(257)))).toEqual(BAD);
    expect(await outcome(shop.get({}, as('ids'), 'x'.repeat(2_000)))).toEqual([414, 'BAD_REQUEST']);
  });

  test('an id where there are no documents', async () => {
    expect(await outcome(shop.get({}, as('plain'), hash))).toEqual([404, 'NOT_FOUND']);
  });

  test('another method on the path of a document', async () => {
    const put = await shop.handle(new Request('http://gateway/graphql/count', { method: 'PUT' }));
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS']);
    const options = await shop.handle(new Request('http://gateway/graphql/count', { method: 'OPTIONS' }));
    expect(options.status).toBe(204);
    const below = await shop.handle(new Request('http://gateway/graphql/count/more'));
    expect(below.status).toBe(404);
  });
});

describe('ids-only', () => {
  test('runs no text, not even a registered one', async () => {
    for (const query of [WORD, '{ word }', '{']) {
      expect(await outcome(shop.post({ query }, as('ids')))).toEqual(REQUIRED);
      expect(await outcome(shop.get({ query }, as('ids')))).toEqual(REQUIRED);
    }
  });

  test('takes the text along with its id, and no other', async () => {
    expect(await outcome(shop.post({ query: '{ word }', id: hash }, as('ids')))).toEqual(REQUIRED);
    expect(await outcome(shop.post({ query: 'query Word{word}', id: hash }, as('ids')))).toEqual(OK);
  });

  test('says of each operation of a batch what becomes of it', async () => {
    const answer = await shop.post([{ id: hash }, { query: WORD }, { id: 'nothing' }, {}], as('ids'));
    const codes = JSON.parse(answer.text).map(
      (one: { data?: unknown; errors?: { extensions: { code: string } }[] }) =>
        one.errors?.[0]?.extensions.code ?? one.data,
    );
    expect([answer.status, codes]).toEqual([
      200,
      [{ word: 'water' }, 'PERSISTED_DOCUMENT_REQUIRED', 'PERSISTED_DOCUMENT_NOT_FOUND', 'BAD_REQUEST'],
    ]);
  });
});

describe('safelist', () => {
  test.each([
    WORD,
    'query Word{word}',
    '# a comment\nquery Word {,, word # another\n}\n',
    '\ufeffquery\tWord\r\n{ word }',
  ])('runs a registered document in another layout: %j', async query => {
    expect(await outcome(shop.post({ query }, as('safe')))).toEqual(OK);
    expect(await outcome(shop.get({ query }, as('safe')))).toEqual(OK);
  });

  test.each([
    '{ word }',
    'query Other { word }',
    'query Word { w: word }',
    'query Word { word word }',
    '{',
    `${WORD} ${COUNT}`,
  ])('runs nothing else: %s', async query => {
    const before = shop.requestCount();
    expect(await outcome(shop.post({ query }, as('safe')))).toEqual(REQUIRED);
    expect(shop.requestCount()).toBe(before);
  });

  test('lets nobody register anything', async () => {
    const query = '{ word nothing }';
    const registering = { query, extensions: persisted(sha256(query)) };
    for (const name of ['safe', 'ids']) {
      for (let count = 0; count < 2; count++)
        expect((await shop.post(registering, as(name))).status).toBeGreaterThanOrEqual(403);
      expect(await outcome(shop.post({ extensions: persisted(sha256(query)) }, as(name)))).toEqual(NOT_FOUND);
    }
  });

  test('plans all layouts of a document once', async () => {
    const plans = (): Promise<number> => shop.metric('weir_plan_duration_seconds_count');
    await shop.post({ query: COUNT }, as('safe'));
    const before = await plans();
    await shop.post({ query: COUNT.replaceAll(' ', '  ') }, as('safe'));
    await shop.post({ id: 'count' }, as('ids'));
    expect(await plans()).toBe(before);
  });
});

describe('personas', () => {
  test('have their own documents under one id', async () => {
    expect(await outcome(shop.post({ id: 'count' }, as('other')))).toEqual(OK);
    expect(await outcome(shop.post({ id: 'count' }, as('ids')))).toEqual([200, { count: 5 }]);
    expect(await outcome(shop.post({ id: hash }, as('other')))).toEqual(NOT_FOUND);
  });
});

describe('automatic persisted queries', () => {
  const register = (query: string, name: string): Promise<Answer> =>
    shop.post({ query, extensions: persisted(sha256(query)) }, as(name));
  const byHash = (query: string, name: string): Promise<Answer> =>
    shop.post({ extensions: persisted(sha256(query)) }, as(name));

  test('are asked for, registered, and used by POST and GET', async () => {
    const query = '{ word a: word }';
    const unknown = await byHash(query, 'free');
    expect([unknown.status, unknown.code, unknown.errors[0]?.message]).toEqual([
      200,
      'PERSISTED_QUERY_NOT_FOUND',
      'PersistedQueryNotFound',
    ]);
    expect((await register(query, 'free')).status).toBe(200);
    const data = { word: 'water', a: 'water' };
    expect(await outcome(byHash(query, 'free'))).toEqual([200, data]);
    const extensions = JSON.stringify(persisted(sha256(query)));
    expect(await outcome(shop.get({ extensions }, as('free')))).toEqual([200, data]);
  });

  test('are not known to another persona', async () => {
    const query = '{ word b: word }';
    await register(query, 'free');
    expect((await byHash(query, 'logs')).code).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect((await byHash(query, 'free')).data).toEqual({ word: 'water', b: 'water' });
  });

  test('are not registered before they are valid', async () => {
    for (const query of ['{ unknown }', '{', '{ word @defer { nothing } }']) {
      expect((await register(query, 'free')).status).toBe(400);
      expect((await byHash(query, 'free')).code).toBe('PERSISTED_QUERY_NOT_FOUND');
    }
  });

  test('never get another text under a hash', async () => {
    const query = '{ word c: word }';
    const wrong = { query: '{ nothing }', extensions: persisted(sha256(query)) };
    expect(await outcome(shop.post(wrong, as('free')))).toEqual(BAD);
    expect((await byHash(query, 'free')).code).toBe('PERSISTED_QUERY_NOT_FOUND');
    await register(query, 'free');
    expect(await outcome(shop.post(wrong, as('free')))).toEqual(BAD);
    expect((await byHash(query, 'free')).data).toEqual({ word: 'water', c: 'water' });
  });

  test('are off where the persona has switched them off', async () => {
    const answer = await byHash('{ word }', 'plain');
    expect([answer.status, answer.code]).toEqual([200, 'PERSISTED_QUERY_NOT_SUPPORTED']);
    expect(await outcome(shop.post({ query: '{ word }' }, as('plain')))).toEqual(OK);
  });
});

test('log-unknown logs each document that no manifest has, once', async () => {
  const lines = (): readonly object[] =>
    shop.log.filter(({ message }) => message === 'a document is in no manifest').map(({ fields }) => fields);
  const before = lines().length;
  for (let count = 0; count < 3; count++) {
    await shop.post({ query: 'query Odd { word }', operationName: 'Odd' }, as('logs'));
    await shop.post({ query: WORD.replaceAll('\n', ' ') }, as('logs'));
    await shop.post({ query: 'query Odd { word }' }, as('free'));
  }
  expect(lines().slice(before)).toEqual([
    { persona: 'logs', operation: 'Odd', document: 'query Odd { word }' },
  ]);
});

describe('a manifest', () => {
  const start = (manifest: string): Promise<unknown> =>
    temporaryFolder({ 'm.json': manifest }).then(async own => {
      try {
        const personas = { web: { match: { default: true }, documents: { manifests: ['m.json'] } } };
        const started = await startShop(personas, { folder: own.path });
        await started[Symbol.asyncDispose]();
        return null;
      } catch (error) {
        return (error as Error).message.replace(own.path, '.');
      } finally {
        await own[Symbol.asyncDispose]();
      }
    });

  test('with a wrong hash ends the start with one message that names file and id', async () => {
    const wrong = '0'.repeat(64);
    expect(await start(JSON.stringify({ [wrong]: WORD }))).toBe(
      `./m.json cannot be used: document "${wrong}": the id is not the SHA-256 of the document, which is ${hash}`,
    );
  });

  test.each([
    ['is not JSON', '{', /^\.\/m\.json cannot be used: line 1, column \d+: is not JSON/],
    [
      'has a document that does not parse',
      '{"a": "{"}',
      /^\.\/m\.json cannot be used: document "a", line 1, column 2: /,
    ],
    ['is not a manifest', '[]', /^\.\/m\.json cannot be used: /],
  ])('that %s ends it, too', async (_what, text, expected) => {
    expect(await start(text)).toMatch(expected);
  });

  test('that is not there ends it, too', async () => {
    await using own = await temporaryFolder({});
    const personas = { web: { match: { default: true }, documents: { manifests: ['gone.json'] } } };
    await expect(startShop(personas, { folder: own.path })).rejects.toThrow(
      /gone\.json \(documents\.manifests\) cannot be used/,
    );
  });
});
