import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { startIssuer } from '../support/jwks-server.ts';
import { handClock } from '../support/test-identity.ts';
import { type Limited, post, startLimited } from './limited-graph.ts';

const SHOW = { cost: { show: true } };

function points({ log }: Limited): readonly object[] {
  return log
    .filter(({ message }) => message.includes('how long this list can be'))
    .map(({ fields }) => fields);
}

async function metricOf(gateway: Limited, kind: string): Promise<number> {
  const text = (await gateway.gateway.admin.inject({ url: '/metrics' })).body;
  return Number(
    new RegExp(`weir_operation_cost_points_count{kind="${kind}"[^}]*} (\\d+)`).exec(text)?.[1] ?? 0,
  );
}

test('an operation over the ceiling is refused before anything is planned or asked', async () => {
  await using gateway = await startLimited({ config: { policy: { cost: { mode: 'enforce', max: 19 } } } });
  const { status, codes, body } = await post(gateway, '{ users(first: 20) { name } }');
  expect({ status, codes }).toEqual({ status: 400, codes: ['COST_LIMIT_EXCEEDED'] });
  expect(body.errors[0].extensions.cost).toEqual({ estimated: 20, max: 19 });
  expect(body.data).toBeUndefined();
  expect(gateway.asked()).toBe(0);
  const metrics = (await gateway.gateway.admin.inject({ url: '/metrics' })).body;
  expect(metrics).not.toMatch(/weir_plan\w*_count{[^}]*} [1-9]/);
});

test('an operation at the ceiling is answered', async () => {
  await using gateway = await startLimited({ config: { policy: { cost: { mode: 'enforce', max: 20 } } } });
  expect((await post(gateway, '{ users(first: 20) { score } }')).data).toMatchObject({
    users: { length: 20 },
  });
});

test.each(['fragment', 'alias', 'variable', 'default'])('a %s is no way under the ceiling', async kind => {
  await using gateway = await startLimited({ config: { policy: { cost: { mode: 'enforce', max: 19 } } } });
  const queries: Record<string, [string, object]> = {
    fragment: ['{ ...F } fragment F on Query { users(first: 20) { name } }', {}],
    alias: ['{ a: users { name } b: users { name } }', {}],
    variable: ['query ($n: Int) { users(first: $n) { name } }', { n: 20 }],
    default: ['query ($n: Int = 20) { users(first: $n) { name } }', {}],
  };
  const [query, variables] = queries[kind] ?? ['', {}];
  expect((await post(gateway, query, { variables: { ...variables } })).codes).toEqual([
    'COST_LIMIT_EXCEEDED',
  ]);
});

test('a plan that was made for small variables lets no large ones in', async () => {
  await using gateway = await startLimited({ config: { policy: { cost: { mode: 'enforce', max: 19 } } } });
  const query = 'query ($n: Int) { users(first: $n) { name } }';
  const costs: unknown[] = [];
  for (const n of [1, 19, 20, 2_147_483_647, -1, null, 3]) {
    costs.push((await post(gateway, query, { variables: { n } })).status);
  }
  expect(costs).toEqual([200, 200, 400, 400, 200, 200, 200]);
});

test('a list that needs one slicing argument is refused without, and with two', async () => {
  await using gateway = await startLimited({ config: { policy: { cost: { mode: 'enforce' } } } });
  const replies = await Promise.all(
    ['{ page { name } }', '{ page(first: 1, last: 1) { name } }', '{ page(first: 1) { name } }'].map(query =>
      post(gateway, query),
    ),
  );
  expect(replies.map(({ status }) => status)).toEqual([400, 400, 200]);
  const messages = replies.slice(0, 2).map(({ body }) => body.errors[0].message);
  expect(messages).toEqual([
    'Query.page needs exactly one of first, last. Without, nobody knows what it costs.',
    'Query.page needs exactly one of first, last. 2 are given; leave out the others.',
  ]);
  expect(gateway.asked()).toBe(1);
});

describe('modes', () => {
  const ask = async (config: GatewayConfigInput) => {
    await using gateway = await startLimited({ config });
    const { status, cost } = await post(gateway, '{ users(first: 20) { name } }');
    return { status, cost, told: [await metricOf(gateway, 'estimated'), await metricOf(gateway, 'actual')] };
  };

  test('off counts nothing, whatever the maximum', async () => {
    const config = { policy: { cost: { max: 1 } }, personas: { all: { match: { default: true }, ...SHOW } } };
    expect(await ask(config)).toEqual({ status: 200, cost: undefined, told: [0, 0] });
  });

  test('measure tells the metrics and refuses nobody', async () => {
    expect(await ask({ policy: { cost: { mode: 'measure', max: 1 } } })).toEqual({
      status: 200,
      cost: undefined,
      told: [1, 1],
    });
  });

  test('enforce refuses', async () => {
    expect(await ask({ policy: { cost: { mode: 'enforce', max: 1 } } })).toMatchObject({
      status: 400,
      told: [1, 0],
    });
  });

  test('a persona that is off is not measured while another is', async () => {
    const personas = {
      web: { match: { default: true }, cost: { mode: 'off' as const, show: true } },
      app: { match: { clients: [{ name: 'app' }] }, cost: { mode: 'measure' as const } },
    };
    expect(await ask({ personas })).toEqual({ status: 200, cost: undefined, told: [0, 0] });
  });
});

describe('personas and tiers', () => {
  const PERSONAS = {
    web: { match: { default: true } },
    app: { match: { clients: [{ name: 'app' }] }, cost: { max: 5 } },
    lab: { match: { clients: [{ name: 'lab' }] }, cost: { mode: 'measure' as const } },
    dear: {
      match: { clients: [{ name: 'dear' }] },
      cost: { max: 100, weights: { User: 50, 'User.avatar': 0 } },
    },
  };

  test('a persona has a ceiling, a mode and weights of its own', async () => {
    await using gateway = await startLimited({
      config: { policy: { cost: { mode: 'enforce', max: 10 } }, personas: PERSONAS },
    });
    const statuses = async (name: string) => {
      const sent = [1, 2, 5, 6, 10, 11].map(n =>
        post(gateway, `{ users(first: ${n}) { id } }`, { headers: { 'graphql-client-name': name } }),
      );
      return (await Promise.all(sent)).map(({ status }) => status);
    };
    expect(await statuses('none')).toEqual([200, 200, 200, 200, 200, 400]);
    expect(await statuses('app')).toEqual([200, 200, 200, 400, 400, 400]);
    expect(await statuses('lab')).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await statuses('dear')).toEqual([200, 200, 400, 400, 400, 400]);
  });

  test('weights of a persona are those of its estimate and of its actual cost', async () => {
    await using gateway = await startLimited({
      config: {
        policy: { cost: { mode: 'measure' } },
        personas: { ...PERSONAS, dear: { ...PERSONAS.dear, cost: { ...PERSONAS.dear.cost, show: true } } },
      },
    });
    const reply = await post(gateway, '{ users(first: 3) { avatar } }', {
      headers: { 'graphql-client-name': 'dear' },
    });
    expect(reply.cost).toEqual({ estimated: 150, actual: 150, max: 100, budget: null });
  });

  test('list sizes of a persona take the place of others, setting by setting, for it alone', async () => {
    const listSizes = (assumedSize: number) => ({ 'Query.users': { assumedSize } });
    await using gateway = await startLimited({
      config: {
        policy: {
          cost: { mode: 'measure', listSizes: { 'Query.users': { assumedSize: 20, slicingArguments: [] } } },
        },
        personas: {
          web: { match: { default: true }, ...SHOW },
          app: {
            match: { clients: [{ name: 'app' }] },
            cost: { ...SHOW.cost, listSizes: listSizes(40) },
          },
          lab: { match: { clients: [{ name: 'lab' }] }, cost: { ...SHOW.cost, listSizes: listSizes(7) } },
        },
      },
    });
    const estimated = async (query: string) => {
      const names = ['none', 'app', 'lab', 'app'];
      const sent = names.map(name => post(gateway, query, { headers: { 'graphql-client-name': name } }));
      return (await Promise.all(sent)).map(({ body }) => body.extensions.cost.estimated);
    };
    expect(await estimated('{ users { id } }')).toEqual([20, 40, 7, 40]);
    // Of the same list `policy.cost` says that no argument slices it.
    expect(await estimated('{ users(first: 3) { id } }')).toEqual([20, 40, 7, 40]);
  });

  test('the tier of a token has a ceiling, and the lower of two holds', async () => {
    const clock = handClock();
    await using issuer = await startIssuer({ now: clock.now });
    await using gateway = await startLimited({
      clock,
      config: {
        identity: { jwt: { providers: [issuer.provider] } },
        policy: { cost: { mode: 'enforce', max: 1_000 } },
        tiers: {
          free: { default: true, cost: { max: 2 } },
          premium: { cost: { max: 8 } },
          staff: { cost: { mode: 'off' } },
        },
        personas: PERSONAS,
      },
    });
    const allowed = async (tier: string | null, client = 'web') => {
      const headers = {
        'graphql-client-name': client,
        ...(tier === null ? {} : { authorization: `Bearer ${issuer.token({ tier })}` }),
      };
      const sent = [2, 3, 5, 6, 8, 9].map(n => post(gateway, `{ users(first: ${n}) { id } }`, { headers }));
      return (await Promise.all(sent)).filter(({ status }) => status === 200).length;
    };
    expect(await allowed(null)).toBe(1);
    expect(await allowed('nobody-sells-this')).toBe(1);
    expect(await allowed('__proto__')).toBe(1);
    expect(await allowed('premium')).toBe(5);
    expect(await allowed('premium', 'app')).toBe(3);
    expect(await allowed('staff')).toBe(6);
  });
});

describe('extensions.cost', () => {
  test('is there only for personas that show it', async () => {
    await using gateway = await startLimited({
      config: {
        policy: { cost: { mode: 'measure', max: 50 } },
        personas: {
          web: { match: { default: true } },
          lab: { match: { clients: [{ name: 'lab' }] }, ...SHOW },
        },
      },
    });
    const query = '{ users { avatar } }';
    expect((await post(gateway, query)).body.extensions).toBeUndefined();
    const shown = await post(gateway, query, { headers: { 'graphql-client-name': 'lab' } });
    expect(shown.body.extensions).toEqual({ cost: { estimated: 60, actual: 14, max: 50, budget: null } });
    expect(shown.body.data.users).toHaveLength(4);
  });

  test('tells what is left of the emptiest budget', async () => {
    await using gateway = await startLimited({
      config: {
        policy: {
          rateLimit: {
            limits: {
              wide: { limit: 1_000, spend: 'cost' },
              narrow: { limit: 60, window: '1m', spend: 'cost', algorithm: 'token-bucket', burst: 100 },
            },
          },
        },
        personas: { web: { match: { default: true }, ...SHOW } },
      },
    });
    expect((await post(gateway, '{ users { name } }')).cost).toEqual({
      estimated: 10,
      actual: 4,
      max: null,
      budget: { limit: 100, remaining: 96, refillPerSecond: 1 },
    });
    expect((await post(gateway, '{ users { name } }')).cost).toMatchObject({ budget: { remaining: 92 } });
  });
});

test('a list whose size nothing says is told to the log once', async () => {
  await using gateway = await startLimited({ config: { policy: { cost: { mode: 'measure' } } } });
  for (const query of ['{ everybody { name } }', '{ everybody { name } }', '{ e: everybody { id } }'])
    await post(gateway, query);
  expect(points(gateway)).toEqual([
    { list: 'Query.everybody', assumed: 10 },
    // Leaves cost something here, so the length of their list matters.
  ]);
});
