import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

const TYPE_DEFS = 'type Query { hello: String login(email: String, n: Int): String }';

const POLICY: GatewayConfigInput['policy'] = {
  rateLimit: {
    limits: {
      everybody: { limit: 100, window: '1h', by: [] },
      callers: { limit: 10, window: '1h' },
      addresses: { limit: 20, window: '1h', by: ['ip'], algorithm: 'token-bucket' },
      visits: { limit: 30, window: '1h', by: ['header:x-visit'] },
      logins: {
        limit: 3,
        window: '1h',
        by: ['arg:email', 'arg:n'],
        spend: 'calls',
        for: { coordinates: ['Query.login'] },
      },
    },
  },
};

interface Running extends AsyncDisposable {
  readonly gateway: TestGateway<'a'>;
  /** Asks the admin listener. */
  admin(
    method: 'GET' | 'DELETE',
    query: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: Answer }>;
  /** Runs an operation as u-1. */
  ask(query: string, headers?: Readonly<Record<string, string>>): Promise<number>;
  remaining(query: string): Promise<Readonly<Record<string, number>>>;
}

interface Answer {
  readonly error?: string;
  readonly reset?: readonly string[];
  readonly limits?: readonly { readonly id: string; readonly remaining: number }[];
  readonly unknown?: readonly { readonly limit: string; readonly needs: readonly string[] }[];
}

async function start(config: object = {}): Promise<Running> {
  const issuer: RunningIssuer = await startIssuer();
  const gateway = await startGateway({
    subgraphs: { a: { typeDefs: TYPE_DEFS, resolvers: { Query: { hello: () => 'hi', login: () => 'in' } } } },
    config: {
      identity: { jwt: { providers: [issuer.provider] } },
      policy: POLICY,
      ...config,
    } as GatewayConfigInput,
  });
  const admin: Running['admin'] = async (method, query, headers = {}) => {
    const answer = await gateway.gateway.admin.inject({ method, url: `/limits${query}`, headers });
    return { status: answer.statusCode, body: answer.json() as Answer };
  };
  return {
    gateway,
    admin,
    async ask(query, headers = {}) {
      const authorization = `Bearer ${issuer.token({ sub: 'u-1' })}`;
      return (await gateway.handle(graphqlRequest({ query }, { authorization, ...headers }))).status;
    },
    async remaining(query) {
      const { body } = await admin('GET', query);
      return Object.fromEntries((body.limits ?? []).map(({ id, remaining }) => [id, remaining]));
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

const linesOf = ({ gateway }: Running): readonly object[] =>
  gateway.log.filter(({ message }) => message === 'rate limits').map(({ fields }) => fields);

describe('GET /limits', () => {
  test('tells what a caller has left of each limit, and what has to be said to know the others', async () => {
    await using running = await start();
    await running.ask('{ hello }');
    await running.ask('{ hello }');
    const { status, body } = await running.admin('GET', '?subject=u-1');
    expect(status).toBe(200);
    expect(body.limits).toEqual([
      expect.objectContaining({ id: 'everybody', by: [], remaining: 98 }),
      {
        id: 'callers',
        by: ['subject'],
        algorithm: 'sliding-window',
        spend: 'requests',
        limit: 10,
        window: '1h',
        capacity: 10,
        remaining: 8,
        resetAfterMs: expect.any(Number),
        shadow: false,
      },
    ]);
    expect(body.unknown).toEqual([
      { limit: 'addresses', needs: ['ip'] },
      { limit: 'visits', needs: ['header.x-visit'] },
      { limit: 'logins', needs: ['arg.email', 'arg.n'] },
    ]);
  });

  test('finds the buckets of addresses, headers and arguments by their values', async () => {
    await using running = await start();
    await running.ask('{ login(email: "a@b.c", n: 5) }', { 'x-visit': 'v-1' });
    const query = '?subject=u-1&ip=127.0.0.1&header.X-Visit=v-1&arg.email=a@b.c&arg.n=5';
    expect(await running.remaining(query)).toEqual({
      everybody: 99,
      callers: 9,
      addresses: 19,
      visits: 29,
      logins: 2,
    });
    expect(await running.remaining('?limit=logins&arg.email=a@b.c&arg.n="5"')).toEqual({ logins: 3 });
    expect(await running.remaining('?limit=visits&header.x-visit=')).toEqual({ visits: 30 });
  });

  test('finds strangers by their address, and IPv6 by its /64', async () => {
    await using running = await start();
    await running.gateway.ask('{ hello }');
    expect(await running.remaining('?ip=127.0.0.1&limit=callers')).toEqual({ callers: 9 });
    const { body } = await running.admin('GET', '?ip=2001:db8:1:2::3/64');
    expect(body.limits?.map(({ id }) => id)).toEqual(['everybody', 'callers', 'addresses']);
  });

  test('leaves out limits of other tiers and personas once it knows which the caller has', async () => {
    await using running = await start({
      policy: {},
      tiers: {
        free: { default: true, rateLimit: { limit: 5, window: '1h' } },
        premium: { rateLimit: { limit: 9, window: '1h' } },
      },
    });
    expect(await running.remaining('?subject=u-1')).toEqual({ 'tier:free': 5, 'tier:premium': 9 });
    expect(await running.remaining('?subject=u-1&tier=premium')).toEqual({ 'tier:premium': 9 });
  });

  test('takes a tier that is not configured for the default, as requests are', async () => {
    await using running = await start({
      policy: {},
      tiers: {
        free: { default: true, rateLimit: { limit: 5, window: '1h' } },
        premium: { rateLimit: { limit: 9, window: '1h' } },
      },
    });
    expect(await running.remaining('?subject=u-1&tier=gold')).toEqual({ 'tier:free': 5 });
  });

  test('nobody has a persona that is not configured', async () => {
    await using running = await start({ personas: { mobile: { match: { default: true } } } });
    const { status, body } = await running.admin('GET', '?subject=u-1&persona=moble');
    expect([status, body.error]).toEqual([400, expect.stringContaining('did you mean "mobile"?')]);
  });

  test.each([
    ['a parameter that says nothing', '?sbject=u-1', 'did you mean \\"subject\\"'],
    ['a parameter twice', '?subject=u-1&subject=u-2', 'there twice'],
    ['an empty parameter', '?subject=', 'is empty'],
    ['an address that is none', '?ip=300.1.1.1', 'is no address'],
    ['a limit that is not there', '?subject=u-1&limit=caller', 'did you mean \\"callers\\"'],
    ['a header that cannot be', '?header.a%20b=1', 'is not the name of a header'],
    ['an argument that cannot be', '?arg.a%20b=1', 'is not an argument'],
    ['two subjects', '?subject=u-1&api-key=u-2', 'another one'],
    ['a value without end', `?subject=${'x'.repeat(1_001)}`, 'longer than'],
    [
      'parameters without end',
      `?${Array.from({ length: 40 }, (_, i) => `arg.a${i}=1`).join('&')}`,
      'more than',
    ],
  ])('refuses %s', async (_, query, text) => {
    await using running = await start();
    const { status, body } = await running.admin('GET', query);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain(text);
  });
});

describe('DELETE /limits', () => {
  test('makes the buckets of one caller full, and leaves those of others', async () => {
    await using running = await start();
    for (let i = 0; i < 10; i++) expect(await running.ask('{ hello }')).toBe(200);
    await running.gateway.ask('{ hello }');
    expect(await running.ask('{ hello }')).toBe(429);
    const { status, body } = await running.admin('DELETE', '?subject=u-1');
    expect({ status, reset: body.reset }).toEqual({ status: 200, reset: ['callers'] });
    expect(await running.ask('{ hello }')).toBe(200);
    expect(await running.remaining('?subject=u-1&ip=127.0.0.1')).toMatchObject({ callers: 9 });
    expect(await running.remaining('?ip=127.0.0.1')).toMatchObject({ callers: 9, everybody: 88 });
  });

  test('resets what all callers share only by its name', async () => {
    await using running = await start();
    await running.ask('{ hello }');
    expect((await running.admin('DELETE', '?subject=u-1')).body.reset).toEqual(['callers']);
    expect(await running.remaining('?limit=everybody')).toEqual({ everybody: 99 });
    expect((await running.admin('DELETE', '?limit=everybody')).body.reset).toEqual(['everybody']);
    expect(await running.remaining('?limit=everybody')).toEqual({ everybody: 100 });
  });

  test('refuses to reset nobody', async () => {
    await using running = await start();
    const { status, body } = await running.admin('DELETE', '');
    expect(status).toBe(400);
    expect(body.error).toContain('callers needs subject');
  });

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sister site', { 'sec-fetch-site': 'same-site' }],
    ['another origin, in an old browser', { origin: 'http://evil.example' }],
    ['a sandbox', { origin: 'null' }],
    ['a name that points here', { 'sec-fetch-site': 'same-origin', host: 'evil.example:4010' }],
  ])('refuses a page of %s, and says so in the log', async (_, headers) => {
    await using running = await start();
    await running.ask('{ hello }');
    const { status, body } = await running.admin('DELETE', '?subject=u-1', {
      host: '127.0.0.1:4010',
      ...headers,
    });
    expect({ status, error: body.error }).toEqual({ status: 403, error: expect.any(String) });
    expect(await running.remaining('?subject=u-1')).toMatchObject({ callers: 9 });
    expect(linesOf(running)[0]).toMatchObject({ audit: { action: 'reset', status: 403 } });
  });

  test.each([
    ['programs', {}],
    ['pages of this listener', { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:4010' }],
    ['who types the address', { 'sec-fetch-site': 'none', host: 'localhost:4010' }],
    ['pages of this listener on IPv6', { origin: 'http://[::1]:4010', host: '[::1]:4010' }],
  ])('serves %s', async (_, headers) => {
    await using running = await start();
    const answer = await running.admin('DELETE', '?subject=u-1', { host: '127.0.0.1:4010', ...headers });
    expect(answer.status).toBe(200);
  });
});

test('each look and each reset is one line of the log: who, what, and no value that may be secret', async () => {
  await using running = await start();
  await running.admin('GET', '?subject=u-1&header.x-visit=s3cret&arg.email=a@b.c');
  await running.admin('DELETE', '?subject=u-1&limit=callers');
  await running.admin('GET', '?nonsense=1');
  const owner = {
    subject: 'u-1',
    issuer: null,
    isApiKey: false,
    client: null,
    tenant: null,
    ip: null,
    persona: null,
    tier: null,
  };
  expect(linesOf(running)).toEqual([
    {
      audit: {
        action: 'read',
        from: '127.0.0.1',
        owner: { ...owner, keys: ['header:x-visit', 'arg:email'] },
        limits: ['everybody', 'callers', 'visits'],
        status: 200,
      },
    },
    {
      audit: {
        action: 'reset',
        from: '127.0.0.1',
        owner: { ...owner, keys: [] },
        limits: ['callers'],
        status: 200,
      },
    },
    { audit: { action: 'read', from: '127.0.0.1', owner: null, limits: [], status: 400 } },
  ]);
});
