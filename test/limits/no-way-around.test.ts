import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { sha256 } from '../../src/shared/hash.ts';
import { graphqlRequest } from '../support/start-gateway.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type Limited, post, type Reply, replyOf, startLimited } from './limited-graph.ts';

type Limits = NonNullable<NonNullable<NonNullable<GatewayConfigInput['policy']>['rateLimit']>['limits']>;

const HOME = 'query Home { tip motto }';
const TWO = 'query Tip { tip } query Motto { motto }';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder({ 'documents.json': JSON.stringify({ home: HOME, two: TWO }) });
});
afterAll(() => folder[Symbol.asyncDispose]());

const limited = (limits: Limits): Promise<Limited> =>
  startLimited({
    folder: folder.path,
    config: {
      server: { batching: { maxOperations: 10 } },
      personas: {
        app: { match: { clients: [{ name: 'app' }] } },
        any: { match: { default: true }, documents: { apq: true, manifests: ['documents.json'] } },
      },
      policy: { rateLimit: { limits } },
    },
  });

type Params = Readonly<Record<string, unknown>>;
type Names = Readonly<Record<string, string>>;

const send = async ({ handle }: Limited, params: Params | readonly Params[], headers: Names = {}) =>
  replyOf(await handle(graphqlRequest(params, headers)));

async function get({ handle }: Limited, path: string, params: Names = {}): Promise<Reply> {
  const headers = { 'apollo-require-preflight': '1' };
  const request = new Request(`http://gateway/graphql${path}?${new URLSearchParams(params)}`, { headers });
  return replyOf(await handle(request));
}

const apq = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256(text) } } });

/** What is left of the bucket that leaves least. */
const left = ({ headers }: Reply): number => Number(/;r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);

describe('a limit on one operation', () => {
  test.each([
    ['name', 'Home'],
    ['id', 'home'],
  ])('by its %s has one bucket, whichever way the document is sent', async (_, operation) => {
    await using gateway = await limited({ home: { limit: 10, for: { operations: [operation] } } });
    const ways: readonly (() => Promise<Reply>)[] = [
      () => send(gateway, { query: HOME }),
      () => send(gateway, { documentId: 'home' }),
      () => send(gateway, { doc_id: 'home', operationName: 'Home' }),
      () => send(gateway, { documentId: sha256(HOME) }),
      () => send(gateway, apq(HOME)),
      () => send(gateway, { query: HOME, ...apq(HOME) }),
      () => send(gateway, { query: '# laid out\nquery Home { tip, motto }' }),
      () => get(gateway, '', { query: HOME }),
      () => get(gateway, '/home'),
      () => get(gateway, '', { extensions: JSON.stringify(apq(HOME).extensions) }),
    ];
    const seen: unknown[] = [];
    for (const way of ways) {
      const reply = await way();
      seen.push([reply.data, left(reply)]);
    }
    expect(seen).toEqual(ways.map((__, at) => [{ tip: 'rest', motto: 'onwards' }, 9 - at]));
    for (const way of ways) expect((await way()).status).toBe(429);
  });

  test('is spent by each part of a batch, whichever way it comes', async () => {
    await using gateway = await limited({ home: { limit: 3, for: { operations: ['home'] } } });
    const parts = [
      { query: HOME },
      { documentId: 'home' },
      apq(HOME),
      { id: 'home' },
      { query: '{ motto }' },
    ];
    const { body } = await send(gateway, parts);
    const codes = body.map(({ errors }: { errors?: Reply['body'] }) => errors?.[0].extensions.code ?? 'ok');
    expect(codes.filter((code: string) => code === 'RATE_LIMITED')).toHaveLength(1);
    expect(codes.at(-1)).toBe('ok');
  });

  test('is that of the operation that runs, whatever others are in its document', async () => {
    await using gateway = await limited({ tip: { limit: 2, for: { operations: ['Tip'] } } });
    const run = async (operationName: string, params: Params) =>
      (await send(gateway, { ...params, operationName })).status;
    const inline = { query: 'query Motto { motto } query Tip { tip }' };
    expect([await run('Motto', inline), await run('Motto', inline), await run('Motto', inline)]).toEqual([
      200, 200, 200,
    ]);
    expect([
      await run('Tip', inline),
      await run('Tip', { documentId: 'two' }),
      await run('Tip', inline),
    ]).toEqual([200, 200, 429]);
    // The name that a request says is a choice, and no claim.
    expect((await send(gateway, { query: 'query Tip { tip }' })).status).toBe(429);
    expect((await send(gateway, { query: 'query Tip { tip }', operationName: 'Motto' })).codes).not.toEqual([
      'RATE_LIMITED',
    ]);
  });

  test('by the id of a document is one for all of its operations', async () => {
    await using gateway = await limited({ two: { limit: 2, for: { operations: ['two'] } } });
    const seen: number[] = [];
    for (const operationName of ['Tip', 'Motto', 'Tip'])
      seen.push((await send(gateway, { query: TWO, operationName })).status);
    expect(seen).toEqual([200, 200, 429]);
  });
});

describe('automatic persisted queries', () => {
  const TIP = 'query Once { tip }';

  test('registering costs what running costs, and so does the hash from then on', async () => {
    await using gateway = await limited({ each: { limit: 3 } });
    expect(left(await send(gateway, { query: TIP, ...apq(TIP) }))).toBe(2);
    expect(left(await send(gateway, apq(TIP)))).toBe(1);
    expect(left(await send(gateway, { query: TIP }))).toBe(0);
    expect((await send(gateway, apq(TIP))).status).toBe(429);
  });

  test('a hash that nobody knows spends nothing, and does nothing', async () => {
    await using gateway = await limited({ each: { limit: 2 } });
    await send(gateway, { query: TIP, ...apq(TIP) });
    const asked = gateway.asked();
    for (let time = 0; time < 20; time++) {
      const { codes, headers } = await send(gateway, apq(`{ unknown${time} }`));
      expect([codes, headers.has('ratelimit')]).toEqual([['PERSISTED_QUERY_NOT_FOUND'], false]);
    }
    expect(gateway.asked()).toBe(asked);
    expect(left(await send(gateway, apq(TIP)))).toBe(0);
  });

  test('who has nothing left registers nothing', async () => {
    await using gateway = await limited({ each: { limit: 1, by: ['header:x-who'] } });
    const of = (who: string) => ({ 'x-who': who });
    await send(gateway, { query: '{ motto }' }, of('spent'));
    expect((await send(gateway, { query: TIP, ...apq(TIP) }, of('spent'))).status).toBe(429);
    expect((await send(gateway, apq(TIP), of('other'))).codes).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
  });
});

describe('a limited field', () => {
  const TIPS: Limits = { tips: { limit: 10, spend: 'calls', for: { coordinates: ['Query.tip'] } } };

  test.each<[query: string, variables: Params, calls: number]>([
    [
      '{ ...A } fragment A on Query { ...B x: tip } fragment B on Query { ... { y: tip } ...C } fragment C on Query { z: tip }',
      {},
      3,
    ],
    [
      '{ motto ...A @include(if: true) ... @skip(if: false) { b: tip } } fragment A on Query { a: tip }',
      {},
      2,
    ],
    ['{ motto ...A @skip(if: true) a: tip @include(if: false) } fragment A on Query { tip }', {}, 0],
    ['query ($a: Boolean!) { motto tip @include(if: $a) x: tip @skip(if: $a) }', { a: true }, 1],
    ['query ($a: Boolean!) { motto tip @include(if: $a) tip @skip(if: $a) }', { a: false }, 1],
    [
      'query ($a: Boolean = true) { motto ...A @include(if: $a) } fragment A on Query { a: tip b: tip }',
      {},
      2,
    ],
    ['query ($a: Boolean = true) { motto ...A @skip(if: $a) } fragment A on Query { a: tip b: tip }', {}, 0],
    ['query ($a: Boolean = true) { motto ...A @skip(if: $a) ...A } fragment A on Query { tip }', {}, 1],
    ['{ motto tip tip ...A ...A ... on Query { tip } } fragment A on Query { tip }', {}, 1],
  ])('is called in %s with %j %d times', async (query, variables, calls) => {
    await using gateway = await limited(TIPS);
    const { status } = await post(gateway, query, { variables });
    expect(status).toBe(200);
    expect(left(await post(gateway, '{ tip }'))).toBe(9 - calls);
  });

  test('below a list is called as often as the list is long by its variables, defaults and odd values', async () => {
    await using gateway = await limited({
      scores: { limit: 1_000, spend: 'calls', for: { coordinates: ['User.score'] } },
    });
    const { admin } = gateway.gateway;
    const spent = async (query: string, variables: Params) => {
      // What the answer has come to has been settled by then.
      const kept = await admin.inject({ method: 'GET', url: '/limits?limit=scores&ip=127.0.0.1' });
      const [before] = (kept.json() as { limits: { remaining: number }[] }).limits;
      const reply = await post(gateway, query, { variables });
      const calls = reply.headers.has('ratelimit') ? (before?.remaining ?? 0) - left(reply) : 0;
      return [reply.status, calls];
    };
    const list = 'query ($n: Int) { users(first: $n) { score } }';
    expect(await spent(list, { n: 7 })).toEqual([200, 7]);
    expect(await spent(list, {})).toEqual([200, 10]);
    expect(await spent(list, { n: null })).toEqual([200, 10]);
    expect(await spent(list, { n: -3 })).toEqual([200, 10]);
    expect(await spent(list, { n: 2_147_483_647 })).toEqual([429, 0]);
    expect(await spent(list, { n: 1e300 })).toEqual([200, 0]);
    expect(await spent('query ($n: Int = 30) { users(first: $n) { score } }', {})).toEqual([200, 30]);
    expect(await spent('{ users { friends { score } } }', {})).toEqual([200, 100]);
  });
});

describe('whose bucket it is', () => {
  test('no header that a client invents says', async () => {
    await using gateway = await limited({ each: { limit: 1, by: ['ip'] } });
    const seen: number[] = [];
    for (const name of ['x-real-ip', 'forwarded', 'true-client-ip', 'cf-connecting-ip', 'x-user-id'])
      seen.push((await post(gateway, '{ motto }', { headers: { [name]: '192.0.2.7' } })).status);
    expect(seen).toEqual([200, 429, 429, 429, 429]);
  });

  test('is not decided by the persona that a client takes by its name', async () => {
    await using gateway = await limited({ each: { limit: 1 } });
    expect((await post(gateway, '{ motto }', { headers: { 'graphql-client-name': 'app' } })).status).toBe(
      200,
    );
    expect((await post(gateway, '{ motto }')).status).toBe(429);
  });

  test('an e-mail is one in any case, with spaces around it and in each form of Unicode', async () => {
    await using gateway = await limited({});
    const login = async (email: string) => {
      const query = 'mutation ($e: String!) { login(email: $e, password: "x") }';
      return (await post(gateway, query, { variables: { e: email } })).status;
    };
    const decomposed = 'zoe\u0308@example.com';
    expect([await login('Ada@Example.com'), await login('ada@example.COM ')]).toEqual([200, 200]);
    expect(await login('\tada@example.com')).toBe(429);
    expect(await login('ａｄａ@example.com')).toBe(429);
    expect([await login(decomposed), await login('ZOË@example.com'), await login('zoë@example.com')]).toEqual(
      [200, 200, 429],
    );
    // What only some mail providers take for the same.
    expect(await login('ada+1@example.com')).toBe(200);
  });
});

describe('many values in one operation', () => {
  const logins = (count: number): string =>
    `mutation { ${Array.from({ length: count }, (_, i) => `l${i}: login(email: "u${i}", password: "")`).join(' ')} }`;

  test('are as many buckets as may be, and more ask for none', async () => {
    await using gateway = await limited({});
    const tooMany = await send(gateway, { query: logins(257) });
    expect([tooMany.status, tooMany.codes]).toEqual([400, ['DOCUMENT_LIMIT_EXCEEDED']]);
    // The schema lets each of them log in twice.
    expect((await send(gateway, { query: logins(256) })).status).toBe(200);
    expect((await send(gateway, { query: logins(256) })).status).toBe(200);
    expect((await send(gateway, { query: logins(1) })).codes).toEqual(['RATE_LIMITED']);
  });

  test('may be the same value, which is one bucket', async () => {
    await using gateway = await limited({
      many: { limit: 1_000, by: ['arg:first'], spend: 'calls', for: { coordinates: ['Query.users'] } },
    });
    const query = `{ ${Array.from({ length: 300 }, (_, i) => `u${i}: users(first: 1) { id }`).join(' ')} }`;
    expect(left(await send(gateway, { query }))).toBe(700);
  });

  test('are no others: who declares many limits has them all', async () => {
    const many = Array.from({ length: 257 }, (_, i) => [`l${i}`, { limit: 1 }] as const);
    await using gateway = await limited(Object.fromEntries(many));
    expect((await send(gateway, { query: '{ motto }' })).status).toBe(200);
  });
});

describe('a request of another form', () => {
  test('is not run by GET where it is a mutation, and spends nothing', async () => {
    await using gateway = await limited({ each: { limit: 1 } });
    const query = 'mutation { rename(name: "x") { id } }';
    expect((await get(gateway, '', { query })).status).toBe(405);
    expect(gateway.asked()).toBe(0);
    expect((await post(gateway, '{ motto }')).status).toBe(200);
  });

  test('that has another operation in its URL runs and spends that of its body', async () => {
    await using gateway = await limited({ tips: { limit: 1, for: { operations: ['Tip'] } } });
    const both = () =>
      gateway.handle(
        new Request('http://gateway/graphql?query=query%20Motto%7Bmotto%7D&operationName=Motto', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: 'query Tip { tip }' }),
        }),
      );
    expect((await replyOf(await both())).data).toEqual({ tip: 'rest' });
    expect((await both()).status).toBe(429);
  });
});
