import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { startIssuer } from '../support/jwks-server.ts';
import { handClock } from '../support/test-identity.ts';
import { type Limited, post, startLimited } from './limited-graph.ts';

type Limits = NonNullable<NonNullable<NonNullable<GatewayConfigInput['policy']>['rateLimit']>['limits']>;

const limited = (limits: Limits, config: GatewayConfigInput = {}) =>
  startLimited({ config: { ...config, policy: { ...config.policy, rateLimit: { limits } } } });

const statuses = async (gateway: Limited, query: string, times: number) => {
  const seen: number[] = [];
  for (let time = 0; time < times; time++) seen.push((await post(gateway, query)).status);
  return seen;
};

test('an operation above a limit is 429, with the name of the limit and when to come back, and asks nothing', async () => {
  await using gateway = await limited({ few: { limit: 2, window: '1m' }, many: { limit: 100 } });
  const first = await post(gateway, '{ motto }');
  expect(first.status).toBe(200);
  expect(first.headers.get('ratelimit-policy')).toBe('"few";q=2;w=60');
  expect(first.headers.get('ratelimit')).toBe('"few";r=1;t=60');
  expect(first.headers.get('retry-after')).toBeNull();
  gateway.clock.at += 20_500;
  await post(gateway, '{ motto }');
  const asked = gateway.asked();
  const refused = await post(gateway, '{ motto }');
  expect(refused.status).toBe(429);
  expect(refused.body).toEqual({
    errors: [
      {
        message: 'The limit few has not enough left for this. Come back in 40 s.',
        extensions: { code: 'RATE_LIMITED', limit: 'few', retryAfterMs: 39_500 },
      },
    ],
  });
  expect(refused.headers.get('ratelimit-policy')).toBe('"few";q=2;w=60');
  expect(refused.headers.get('ratelimit')).toBe('"few";r=0;t=40');
  expect(refused.headers.get('retry-after')).toBe('40');
  expect(gateway.asked()).toBe(asked);
  gateway.clock.at += 39_500;
  expect((await post(gateway, '{ motto }')).status).toBe(200);
});

test('what no bucket holds is told so, by the limit that never will', async () => {
  await using gateway = await limited({
    calls: { limit: 1 },
    points: { limit: 9, spend: 'cost' },
  });
  await post(gateway, '{ motto }');
  const { status, headers, body } = await post(gateway, '{ users(first: 10) { id } }');
  expect({ status, wait: headers.get('retry-after') }).toEqual({ status: 429, wait: null });
  expect(body.errors[0]).toEqual({
    message: 'The operation wants more than the limit points ever allows at once. Ask for less.',
    extensions: { code: 'RATE_LIMITED', limit: 'points' },
  });
});

test('where one bucket refuses, none of the others is spent', async () => {
  await using gateway = await limited({
    all: { limit: 10 },
    tips: { limit: 1, spend: 'calls', for: { coordinates: ['Query.tip'] } },
  });
  expect(await statuses(gateway, '{ tip }', 6)).toEqual([200, 429, 429, 429, 429, 429]);
  expect((await post(gateway, '{ motto }')).headers.get('ratelimit')).toBe('"all";r=8;t=60');
});

test('a field below a list of 20 spends 20', async () => {
  await using gateway = await limited({
    scores: { limit: 45, spend: 'calls', for: { coordinates: ['User.score'] } },
  });
  const query = '{ users(first: 20) { score } }';
  expect((await post(gateway, query)).headers.get('ratelimit')).toMatch(/^"scores";r=25;/);
  expect((await post(gateway, query)).headers.get('ratelimit')).toMatch(/^"scores";r=5;/);
  expect((await post(gateway, query)).status).toBe(429);
  expect((await post(gateway, '{ users(first: 5) { score } }')).status).toBe(200);
});

test('a limit of the schema holds', async () => {
  await using gateway = await limited({});
  const replies = [1, 2, 3].map(() => post(gateway, '{ throttled }'));
  const seen = (await Promise.all(replies)).map(
    ({ status, body }) => body.errors?.[0].extensions.limit ?? status,
  );
  expect(seen.sort()).toEqual([200, 200, '@Query.throttled']);
});

describe('pruned fields', () => {
  const PRUNE: Limits = {
    tips: {
      limit: 1,
      spend: 'calls',
      onExceeded: 'prune',
      for: { coordinates: ['Query.tip', 'Query.advice'] },
    },
  };

  test('are null with an error, and the rest is answered', async () => {
    await using gateway = await limited(PRUNE);
    expect((await post(gateway, '{ tip motto }')).body).toEqual({ data: { tip: 'rest', motto: 'onwards' } });
    const { status, body, headers } = await post(gateway, '{ later: tip motto }');
    expect(status).toBe(200);
    expect(body.data).toEqual({ later: null, motto: 'onwards' });
    expect(body.errors).toEqual([
      {
        message: expect.stringContaining('The limit tips has not enough left'),
        path: ['later'],
        extensions: { code: 'RATE_LIMITED', limit: 'tips', retryAfterMs: 60_000 },
      },
    ]);
    expect(headers.get('retry-after')).toBeNull();
    expect(gateway.people.requests.at(-1)?.query).not.toContain('tip');
    gateway.clock.at += 60_000;
    expect((await post(gateway, '{ later: tip motto }')).body.data).toEqual({
      later: 'rest',
      motto: 'onwards',
    });
  });

  test('that are never null take their object along', async () => {
    await using gateway = await limited(PRUNE);
    await post(gateway, '{ advice }');
    const asked = gateway.asked();
    const { status, body } = await post(gateway, '{ advice motto }');
    expect({
      status,
      data: body.data,
      paths: body.errors.map(({ path }: { path: unknown }) => path),
    }).toEqual({
      status: 200,
      data: null,
      paths: [['advice']],
    });
    expect(gateway.asked()).toBe(asked);
  });

  test('go together with fields that the caller may not see', async () => {
    await using gateway = await limited(PRUNE);
    await post(gateway, '{ tip }');
    const { body, codes } = await post(gateway, '{ secret tip motto }');
    expect(body.data).toEqual({ secret: null, tip: null, motto: 'onwards' });
    expect(codes.toSorted()).toEqual(['RATE_LIMITED', 'UNAUTHORIZED_FIELD']);
  });

  test('give nobody else their answer', async () => {
    await using gateway = await limited({
      tips: { ...PRUNE['tips'], limit: 2, by: ['header:x-who'] } as Limits[string],
    });
    const ask = async (who: string) =>
      (await post(gateway, '{ tip motto }', { headers: { 'x-who': who } })).body.data.tip;
    const one = [await ask('one'), await ask('one'), await ask('one')];
    expect(one).toEqual(['rest', 'rest', null]);
    expect(await Promise.all([ask('one'), ask('two'), ask('one'), ask('three')])).toEqual([
      null,
      'rest',
      null,
      'rest',
    ]);
  });
});

test('a shadow counts and refuses nobody', async () => {
  await using gateway = await limited({ soon: { limit: 1, shadow: true } });
  const { headers } = await post(gateway, '{ motto }');
  expect(await statuses(gateway, '{ motto }', 3)).toEqual([200, 200, 200]);
  expect(headers.has('ratelimit')).toBe(false);
  const metrics = (await gateway.gateway.admin.inject({ url: '/metrics' })).body;
  expect(metrics).toContain('weir_rate_limited_total{limit="soon",effect="shadow"} 3');
});

describe('no way around', () => {
  const TIPS: Limits = { tips: { limit: 3, spend: 'calls', for: { coordinates: ['Query.tip'] } } };
  const FOUR: Readonly<Record<string, string>> = {
    aliases: '{ a: tip b: tip c: tip d: tip }',
    fragments:
      '{ ...A ... on Query { c: tip d: tip } } fragment A on Query { a: tip ...B } fragment B on Query { b: tip }',
  };

  test.each(Object.keys(FOUR))('%s', async kind => {
    await using gateway = await limited(TIPS);
    expect(await post(gateway, FOUR[kind] ?? '')).toMatchObject({ status: 429, codes: ['RATE_LIMITED'] });
    expect(gateway.asked()).toBe(0);
  });

  test('a batch', async () => {
    await using gateway = await limited(TIPS, { server: { batching: { maxOperations: 10 } } });
    const operations = Array.from({ length: 5 }, () => ({ query: '{ tip }' }));
    const answers = await (
      await gateway.handle(
        new Request('http://gateway/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(operations),
        }),
      )
    ).json();
    expect((answers as { data?: unknown }[]).filter(({ data }) => data !== undefined)).toHaveLength(3);
  });

  test('GET, other texts and other names are the same limit', async () => {
    await using gateway = await limited(TIPS);
    const get = (query: string) =>
      gateway.handle(
        new Request(`http://gateway/graphql?query=${encodeURIComponent(query)}`, {
          headers: { 'apollo-require-preflight': '1' },
        }),
      );
    expect((await get('{ tip }')).status).toBe(200);
    expect((await get('query Named { x: tip }')).status).toBe(200);
    expect((await post(gateway, '{ tip # once more\n }')).status).toBe(200);
    expect((await get('{ tip }')).status).toBe(429);
  });
});

describe('whose bucket', () => {
  test('tiers come from the token, and who has none of these is of the default', async () => {
    const clock = handClock();
    await using issuer = await startIssuer({ now: clock.now });
    await using gateway = await startLimited({
      clock,
      config: {
        identity: { jwt: { providers: [issuer.provider] } },
        tiers: {
          free: { default: true, rateLimit: { limit: 1 } },
          standard: { rateLimit: { limit: 2 } },
          premium: { rateLimit: { limit: 3 } },
          enterprise: { rateLimit: { limit: 'unlimited' } },
        },
      },
    });
    const admitted = async (claims: Record<string, unknown>) => {
      const headers = { authorization: `Bearer ${issuer.token(claims)}` };
      const sent = [1, 2, 3, 4, 5].map(() => post(gateway, '{ motto }', { headers }));
      return (await Promise.all(sent)).filter(({ status }) => status === 200).length;
    };
    expect(await admitted({ sub: 'a', tier: 'free' })).toBe(1);
    expect(await admitted({ sub: 'b', tier: 'standard' })).toBe(2);
    expect(await admitted({ sub: 'c', tier: 'premium' })).toBe(3);
    expect(await admitted({ sub: 'd', tier: 'enterprise' })).toBe(5);
    expect(await admitted({ sub: 'e', tier: 'gold' })).toBe(1);
    expect(await admitted({ sub: 'f', tier: 'constructor' })).toBe(1);
    expect(await admitted({ sub: 'g' })).toBe(1);
  });

  test('several tokens of one subject have one bucket, and other subjects others', async () => {
    const clock = handClock();
    await using issuer = await startIssuer({ now: clock.now });
    const config = {
      identity: { jwt: { providers: [issuer.provider] } },
      policy: { rateLimit: { limits: { each: { limit: 2 } } } },
    };
    await using gateway = await startLimited({ clock, config });
    const ask = async (sub: string, jti: string) => {
      const headers = { authorization: `Bearer ${issuer.token({ sub, jti })}` };
      return (await post(gateway, '{ motto }', { headers })).status;
    };
    expect([await ask('u', '1'), await ask('u', '2'), await ask('u', '3'), await ask('w', '4')]).toEqual([
      200, 200, 429, 200,
    ]);
  });

  const BY_IP = { each: { limit: 1, by: ['ip'] } };
  const from = async (gateway: Limited, forwarded: string) =>
    (await post(gateway, '{ motto }', { headers: { 'x-forwarded-for': forwarded } })).status;

  test('an address that a client claims is not read', async () => {
    await using gateway = await limited(BY_IP);
    expect([await from(gateway, '1.1.1.1'), await from(gateway, '2.2.2.2')]).toEqual([200, 429]);
  });

  test('behind a trusted proxy, the address that it saw counts, whatever stands before', async () => {
    await using gateway = await startLimited({
      config: { policy: { rateLimit: { trustedProxies: 1, limits: BY_IP } } },
    });
    const seen: number[] = [];
    for (const forwarded of [
      '9.9.9.9',
      '1.1.1.1, 9.9.9.9',
      '2.2.2.2,9.9.9.9',
      '9.9.9.9, 8.8.8.8',
      '2001:db8::1',
      '2001:db8::2',
    ])
      seen.push(await from(gateway, forwarded));
    expect(seen).toEqual([200, 429, 429, 200, 200, 429]);
  });

  test('a header is one in any case', async () => {
    await using gateway = await limited({ each: { limit: 1, by: ['header:X-Shop'] } });
    const ask = async (name: string, value: string) =>
      (await post(gateway, '{ motto }', { headers: { [name]: value } })).status;
    expect([await ask('x-shop', 'a'), await ask('X-SHOP', 'a'), await ask('X-Shop', 'b')]).toEqual([
      200, 429, 200,
    ]);
  });

  test('an e-mail may log in so often, by literal, variable, alias or default', async () => {
    await using gateway = await limited({});
    const seen: number[] = [];
    const ask = async (query: string, variables: Record<string, unknown> = {}) =>
      void seen.push((await post(gateway, query, { variables })).status);
    await ask('mutation { login(email: "a@b.c", password: "1") }');
    await ask('mutation ($e: String!) { x: login(password: "2", email: $e) }', { e: 'a@b.c' });
    await ask('mutation ($e: String! = "a@b.c") { login(email: $e, password: "3") }');
    await ask('mutation { login(email: "d@e.f", password: "1") }');
    await ask('mutation { a: login(email: "d@e.f", password: "2") b: login(email: "d@e.f", password: "3") }');
    await ask('mutation { a: login(email: "d@e.f", password: "2") }');
    expect(seen).toEqual([200, 200, 429, 200, 429, 200]);
  });

  test('a null that no argument may be is limited by what else is there, and is no failure of ours', async () => {
    await using gateway = await limited({});
    const query = 'mutation ($e: String = "x", $p: String = "y") { login(email: $e, password: $p) }';
    const seen: unknown[] = [];
    for (const variables of [{ e: 'a@b.c', p: null }, { e: 'a@b.c', p: null }, { e: 'a@b.c' }, { e: null }]) {
      const { status, codes } = await post(gateway, query, { variables });
      seen.push([status, codes]);
    }
    const refused = [200, ['SUBGRAPH_ERROR']];
    expect(seen).toEqual([refused, refused, [429, ['RATE_LIMITED']], refused]);
    expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
