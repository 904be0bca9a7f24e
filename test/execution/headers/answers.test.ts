import type { ServerResponse } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import type { FakeSubgraph } from '../../support/fake-subgraph.ts';
import { createGate } from '../../support/gate.ts';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../../support/start-gateway.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Subgraphs = NonNullable<NonNullable<GatewayConfigInput['execution']>['subgraphs']>;
type Rules = NonNullable<NonNullable<NonNullable<Subgraphs['all']>['headers']>['response']>;
type Name = 'books' | 'toys';
type Headers = Readonly<Record<string, string | readonly string[]>>;

interface Shop extends TestGateway<Name> {
  /** Posts an operation and says what came with its answer. */
  headers(query: string, headers?: Readonly<Record<string, string>>): Promise<globalThis.Headers>;
  /** From now on a subgraph replies with these. */
  reply(name: Name, headers: Headers | (() => Headers)): void;
  /** Lets nobody be answered until it is called. */
  hold(name: Name): () => void;
}

const FIELD = { books: 'book', toys: 'toy' } as const;

async function startShop(rules: Rules, config: GatewayConfigInput = {}): Promise<Shop> {
  const replies = new Map<Name, () => Headers>();
  const gates = new Map<Name, Promise<void>>();
  const fake = (name: Name): FakeSubgraph => ({
    typeDefs: `type Query { ${FIELD[name]}: String } type Mutation { buy${name}: String }`,
    respond: async ({ query }, response) => {
      const headers = replies.get(name)?.() ?? {};
      await gates.get(name);
      const field = query.includes('mutation') ? `buy${name}` : FIELD[name];
      send(response, headers, { data: { [field]: name } });
    },
  });
  const shop = await startGateway({
    subgraphs: { books: fake('books'), toys: fake('toys') },
    config: {
      ...config,
      execution: { ...config.execution, subgraphs: { all: { headers: { response: rules } } } },
    },
  });
  return Object.assign(shop, {
    headers: async (query: string, headers: Readonly<Record<string, string>> = {}) =>
      (await shop.handle(graphqlRequest({ query }, headers))).headers,
    reply: (name: Name, headers: Headers | (() => Headers)) =>
      void replies.set(name, typeof headers === 'function' ? headers : () => headers),
    hold(name: Name) {
      let open = (): void => {};
      gates.set(
        name,
        new Promise(resolve => {
          open = resolve;
        }),
      );
      return () => open();
    },
  });
}

function send(response: ServerResponse, headers: Headers, body: unknown): void {
  response.setHeader('content-type', 'application/json');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(JSON.stringify(body));
}

/** Every request has passed the pipeline once some that came after them are answered. */
async function letPass(shop: Shop): Promise<void> {
  for (let count = 0; count < 3; count++) await shop.ask('{ __typename }');
}

const BOTH = '{ book toy }';

describe('a client gets of the headers of subgraphs', () => {
  test('those that rules name, by the order in which replies come', async () => {
    await using shop = await startShop([
      { propagate: { name: 'x-first' } },
      { propagate: { name: 'x-last', algorithm: 'last' } },
      { propagate: { name: 'x-all', algorithm: 'append' } },
      { propagate: { pattern: '^x-team-', algorithm: 'append' } },
      { insert: { name: 'x-via', value: 'weir' } },
    ]);
    for (const name of ['books', 'toys'] as const)
      shop.reply(name, { 'x-first': name, 'x-last': name, 'x-all': name, 'x-team-a': name, 'x-other': name });
    for (const [late, order] of [
      ['books', ['toys', 'books']],
      ['toys', ['books', 'toys']],
    ] as const) {
      const open = shop.hold(late);
      const asked = shop.headers(BOTH);
      await vi.waitFor(() => expect(shop.requestCount()).toBeGreaterThanOrEqual(2), PATIENCE);
      // The other's reply has been read when a later one has been.
      await shop.ask(late === 'books' ? '{ toy }' : '{ book }');
      open();
      const headers = await asked;
      expect({
        first: headers.get('x-first'),
        last: headers.get('x-last'),
        all: headers.get('x-all'),
        team: headers.get('x-team-a'),
        via: headers.get('x-via'),
        other: headers.get('x-other'),
      }).toEqual({
        first: order[0],
        last: order[1],
        all: order.join(', '),
        team: order.join(', '),
        via: 'weir',
        other: null,
      });
    }
  });

  test('none, where no rule says so', async () => {
    await using shop = await startShop([]);
    shop.reply('books', { 'x-a': '1', 'set-cookie': 'a=b' });
    const headers = await shop.headers('{ book }');
    expect([headers.get('x-a'), headers.getSetCookie()]).toEqual([null, []]);
  });

  test('nothing in place of what the gateway says', async () => {
    await using shop = await startShop([{ propagate: { pattern: '.' } }]);
    const names = ['x-request-id', 'x-trace-id', 'cache-control', 'vary', 'x-cache', 'etag'];
    const forged = Object.fromEntries(names.map(name => [name, 'forged']));
    shop.reply('books', { ...forged, 'x-hop': '1', connection: 'keep-alive, x-hop', 'x-ok': '1' });
    const headers = await shop.headers('{ book }', { 'x-request-id': 'mine' });
    expect([...headers.values()]).not.toContain('forged');
    expect([headers.get('x-request-id'), headers.get('x-ok'), headers.get('x-hop')]).toEqual([
      'mine',
      '1',
      null,
    ]);
  });

  test('what is true now, where the answer is that of last time', async () => {
    await using shop = await startShop([
      { propagate: { name: 'x-a' } },
      { propagate: { name: 'set-cookie' } },
    ]);
    let count = 0;
    shop.reply('books', () => ({ 'x-a': String(++count), 'set-cookie': `c=${count}` }));
    for (const expected of ['1', '2', '3', '4']) {
      const headers = await shop.headers('{ book }');
      expect([headers.get('x-a'), headers.getSetCookie()]).toEqual([expected, [`c=${expected}`]]);
    }
  });

  test('those of all operations of a batch, the first of a name and every cookie', async () => {
    await using shop = await startShop(
      [{ propagate: { name: 'x-a' } }, { propagate: { name: 'set-cookie' } }],
      { personas: { web: { match: { default: true }, limits: { batch: 2 } } } },
    );
    shop.reply('books', { 'x-a': 'books', 'set-cookie': ['b=1', 'b=2'] });
    shop.reply('toys', { 'x-a': 'toys', 'set-cookie': 't=1' });
    const batch = [{ query: '{ toy }' }, { query: '{ book }' }];
    const { headers } = await shop.handle(graphqlRequest(batch));
    expect([headers.get('x-a'), headers.getSetCookie()]).toEqual(['toys', ['t=1', 'b=1', 'b=2']]);
  });
});

describe('callers whose operations are in flight together', () => {
  test('get the same headers with the same answer', async () => {
    await using shop = await startShop([{ propagate: { name: 'x-a' } }]);
    let count = 0;
    shop.reply('books', () => ({ 'x-a': String(++count) }));
    const open = shop.hold('books');
    const asked = [shop.headers('{ book }'), shop.headers('{ book }')];
    await letPass(shop);
    open();
    const told = (await Promise.all(asked)).map(headers => headers.get('x-a'));
    expect([told, shop.requestCount()]).toEqual([['1', '1'], 1]);
  });

  test.each([true, false])(
    'never get the cookies of each other (operations shared: %s)',
    async operations => {
      await using shop = await startShop([{ propagate: { name: 'set-cookie' } }], {
        execution: { sharing: { operations } },
      });
      let count = 0;
      shop.reply('books', () => ({ 'set-cookie': `session=${++count}` }));
      // Once before and once after it is known which subgraphs the operation asks.
      for (let time = 0; time < 2; time++) {
        const open = shop.hold('books');
        const asked = Array.from({ length: 3 }, () => shop.headers('{ book }'));
        await letPass(shop);
        open();
        const cookies = (await Promise.all(asked)).flatMap(headers => headers.getSetCookie());
        expect(new Set(cookies).size).toBe(3);
      }
      expect(shop.requestCount()).toBe(6);
    },
  );

  test('still share what comes from subgraphs without cookies', async () => {
    await using shop = await startGateway({
      subgraphs: {
        books: { typeDefs: 'type Query { book: String }' },
        toys: { typeDefs: 'type Query { toy: String }' },
      },
      config: {
        execution: {
          subgraphs: { toys: { headers: { response: [{ propagate: { name: 'set-cookie' } }] } } },
        },
      },
    });
    await shop.ask('{ book }');
    const { opened: gate, open } = createGate();
    shop.subgraphs.books.respond = async (_seen, response) => {
      await gate;
      response.end('{"data":{"book":"b"}}');
    };
    const asked = [shop.ask('{ book }'), shop.ask('{ book }')];
    for (let count = 0; count < 3; count++) await shop.ask('{ __typename }');
    open();
    await Promise.all(asked);
    expect(shop.requestCount()).toBe(2);
  });
});

describe('how long an answer may be kept', () => {
  const RULES: Rules = [
    { propagate: { name: 'cache-control', algorithm: 'most-restrictive-cache-control' } },
  ];
  const kept = (response: globalThis.Headers): string | null => response.get('cache-control');

  test('is, of those that are no shared cache’s, what all subgraphs allow', async () => {
    await using shop = await startShop(RULES);
    shop.reply('books', { 'cache-control': 'public, max-age=60' });
    shop.reply('toys', { 'cache-control': 'max-age=30' });
    const headers = await shop.headers(BOTH);
    expect(kept(headers)).toBe('private, max-age=30');
    expect(headers.get('vary')).toContain('authorization, x-api-key, cookie');
    shop.reply('toys', { 'cache-control': 'no-store' });
    expect(kept(await shop.headers(BOTH))).toBe('no-store');
    shop.reply('toys', {});
    expect(kept(await shop.headers(BOTH))).toBe('no-store');
  });

  test('is not at all with an error, a cookie, or a header that a pattern may pass on', async () => {
    const byPattern = { request: [{ propagate: { pattern: '^x-team-' } }], response: RULES };
    const withCookies = { response: [...RULES, { propagate: { name: 'set-cookie' } }] };
    for (const [headers, reply] of [
      [{ response: RULES }, { status: 503, cookie: false }],
      [withCookies, { status: 200, cookie: true }],
      [byPattern, { status: 200, cookie: false }],
    ] as const) {
      await using shop = await startGateway({
        subgraphs: { books: { typeDefs: 'type Query { book: String }' } },
        config: { execution: { subgraphs: { all: { headers } } } },
      });
      shop.subgraphs.books.respond = (_seen, response) => {
        response.statusCode = reply.status;
        const cookie = reply.cookie ? { 'set-cookie': 'a=b' } : {};
        send(response, { 'cache-control': 'max-age=60', ...cookie }, { data: { book: 'b' } });
      };
      const answer = await shop.handle(graphqlRequest({ query: '{ book }' }));
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  test('is, of those that shared caches may keep, no longer than the persona says', async () => {
    await using folder = await temporaryFolder({ 'm.json': JSON.stringify({ book: '{ book }' }) });
    await using shop = await startGateway({
      subgraphs: { books: { typeDefs: 'type Query { book: String }' } },
      folder: folder.path,
      config: {
        execution: { subgraphs: { books: { headers: { response: RULES } } } },
        personas: {
          web: {
            match: { default: true },
            documents: { manifests: ['m.json'] },
            response: { maxAge: '90s' },
          },
        },
      },
    });
    const told = new Map<string, string>();
    for (const said of ['public, max-age=120', 'max-age=30', 'private, max-age=30', 'no-store', '']) {
      shop.subgraphs.books.respond = (_seen, response) =>
        send(response, { 'cache-control': said }, { data: { book: 'b' } });
      const { headers } = await shop.handle(new Request('http://gateway/graphql/book'));
      told.set(said, headers.get('cache-control') ?? '');
    }
    expect(Object.fromEntries(told)).toEqual({
      'public, max-age=120': 'public, max-age=90',
      'max-age=30': 'max-age=30',
      'private, max-age=30': 'private, max-age=30',
      'no-store': 'no-store',
      '': 'no-store',
    });
  });
});
