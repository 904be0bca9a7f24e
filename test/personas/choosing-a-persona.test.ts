import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, outcome, type Shop, startShop } from './shop.ts';

const WORD = { query: '{ word }' };
type Headers = Readonly<Record<string, string>>;

let shop: Shop;
beforeAll(async () => {
  shop = await startShop({
    kiosk: { match: { claims: { kind: ['kiosk', 'till'] } } },
    admin: { match: { clients: [{ name: 'admin-ui' }] }, requires: { roles: ['admin'] } },
    members: { match: { clients: [{ name: 'members' }] }, requires: { authenticated: true } },
    mobile: { match: { clients: [{ name: 'shop-*', version: '2.*' }] } },
    public: { match: { default: true } },
  });
});
afterAll(() => shop[Symbol.asyncDispose]());

/** The persona that the subgraph is told of. */
async function served(headers: Headers = {}, of = shop): Promise<unknown> {
  const before = of.subgraphs.shop.requests.length;
  expect(await outcome(of.post(WORD, headers))).toEqual([200, { word: 'water' }]);
  const { requests } = of.subgraphs.shop;
  expect(requests.length).toBe(before + 1);
  return requests.at(-1)?.headers['x-persona'];
}

const client = (name: string, version?: string): Headers => ({
  'graphql-client-name': name,
  ...(version === undefined ? {} : { 'graphql-client-version': version }),
});

describe('a request is served as', () => {
  test('the persona that its credential names, whatever the client calls itself', async () => {
    expect(
      await served({ ...shop.bearer({ persona: 'public', kind: 'kiosk' }), ...client('shop-ios', '2.0') }),
    ).toBe('public');
  });

  test('the one that its claims match, whatever the client calls itself', async () => {
    expect(await served({ ...shop.bearer({ kind: ['till'] }), ...client('shop-ios', '2.0') })).toBe('kiosk');
  });

  test('the one of its client, by either spelling of the headers', async () => {
    expect(await served(client('shop-ios', '2.4.1'))).toBe('mobile');
    const aliases = { 'apollographql-client-name': 'shop-ios', 'apollographql-client-version': '2.4.1' };
    expect(await served(aliases)).toBe('mobile');
    expect(await served(shop.bearer({ roles: ['admin'] }))).toBe('public');
    expect(await served({ ...shop.bearer({ roles: ['admin'] }), ...client('admin-ui') })).toBe('admin');
  });

  test('the default otherwise', async () => {
    expect(await served()).toBe('public');
    expect(await served(client('shop-ios', '3.0'))).toBe('public');
    expect(await served(client('somebody else'))).toBe('public');
  });
});

describe('a header opens nothing', () => {
  const challenge = ({ headers }: Answer): string | null => headers.get('www-authenticate');

  test('to a caller who is not entitled: 403', async () => {
    const before = shop.requestCount();
    const answer = await shop.post(WORD, { ...shop.bearer({ roles: ['user'] }), ...client('admin-ui') });
    expect([answer.status, answer.code, challenge(answer)]).toEqual([403, 'FORBIDDEN', null]);
    expect(answer.text).not.toContain('admin');
    expect(shop.requestCount()).toBe(before);
  });

  test.each(['admin-ui', 'members'])('to nobody in particular, who may sign in: 401 for %s', async name => {
    const before = shop.requestCount();
    const answer = await shop.post(WORD, client(name));
    expect([answer.status, answer.code, challenge(answer)]).toEqual([
      401,
      'UNAUTHENTICATED',
      'Bearer realm="weir"',
    ]);
    expect(shop.requestCount()).toBe(before);
  });

  test('also by GET and in a batch', async () => {
    expect(await outcome(shop.get(WORD, client('members')))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await outcome(shop.post([WORD], client('members')))).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('a token for a persona that there is not is refused: 403', async () => {
    const answer = await shop.post(WORD, shop.bearer({ persona: 'root' }));
    expect([answer.status, answer.code]).toEqual([403, 'FORBIDDEN']);
    expect(answer.text).not.toMatch(/root|public|mobile/);
  });

  test('a token for a persona whose role it lacks is refused: 403', async () => {
    expect(await outcome(shop.post(WORD, shop.bearer({ persona: 'admin' })))).toEqual([403, 'FORBIDDEN']);
  });
});

describe('where nobody is the default', () => {
  test('only those who match are served; the others get 403', async () => {
    await using closed = await startShop({ web: { match: { clients: [{ name: 'web' }] } } });
    expect(await served(client('web'), closed)).toBe('web');
    for (const headers of [{}, client('other'), closed.bearer()]) {
      expect(await outcome(closed.post(WORD, headers))).toEqual([403, 'FORBIDDEN']);
    }
    expect(closed.requestCount()).toBe(1);
  });
});

describe('what a client says about itself', () => {
  const FORGED = ['x-user-id', 'x-user-roles', 'x-tenant-id', 'x-persona', 'x-deadline-ms'];
  test.each(FORGED)('under %s never reaches a subgraph', async name => {
    await shop.post(WORD, { [name]: 'forged' });
    await shop.post(WORD, { ...shop.bearer({ tenant: 't-1', roles: ['r'] }), [name]: 'forged' });
    for (const { headers } of shop.subgraphs.shop.requests.slice(-2))
      expect(JSON.stringify(headers)).not.toContain('forged');
    expect(shop.subgraphs.shop.requests.at(-1)?.headers).toMatchObject({
      'x-user-id': 'u-1',
      'x-tenant-id': 't-1',
      'x-user-roles': 'r',
      'x-persona': 'public',
    });
  });

  test('and its credential stay here', async () => {
    await shop.post(WORD, { ...shop.bearer(), cookie: 'session=1', 'x-api-key': 'weir_a_b' });
    const { headers } = shop.subgraphs.shop.requests.at(-1) ?? {};
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('x-api-key');
  });
});
