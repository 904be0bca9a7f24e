import { describe, expect, test, vi } from 'vitest';
import { randomId } from '../../../src/shared/random-id.ts';
import { createRandom } from '../../../subgraphs/shared/random.ts';
import { REDIS_URL } from '../../storage/redis-proxy.ts';
import { sendJson } from '../../support/fake-subgraph.ts';
import { startIssuer } from '../../support/jwks-server.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { PATIENCE } from '../store/use-stores.ts';
import { type HeadedShop, type HeadedShopOptions, type Rules, startHeadedShop } from './headed-shop.ts';

const ALL: Rules = [
  { propagate: { name: 'x-first' } },
  { propagate: { name: 'x-last', algorithm: 'last' } },
  { propagate: { name: 'x-all', algorithm: 'append' } },
  { propagate: { pattern: '^x-team-' } },
  { propagate: { name: 'x-old', as: 'x-new', default: 'none' } },
  { insert: { name: 'x-via', value: 'weir' } },
];
const NAMES = ['x-first', 'x-last', 'x-all', 'x-team-a', 'x-new', 'x-via'];
const CONTROL: Rules = [
  { propagate: { name: 'cache-control', algorithm: 'most-restrictive-cache-control' } },
];

const saying = (value: string) => ({ 'x-first': value, 'x-last': value, 'x-all': value, 'x-team-a': value });

async function told(shop: HeadedShop, ...ids: readonly string[]) {
  const { headers } = await shop.stockOf(ids);
  return Object.fromEntries(NAMES.map(name => [name, headers.get(name)]));
}

/** Those of one reply alone. */
const those = (value: string) => ({ ...saying(value), 'x-new': 'none', 'x-via': 'weir' });

describe('with kept values clients get', () => {
  test('the headers of the reply that they are of', async () => {
    await using shop = await startHeadedShop({ rules: ALL });
    shop.reply({ ...saying('1'), 'x-other': 'o', 'x-old': 'n' });
    const expected = { ...those('1'), 'x-new': 'n' };
    expect(await told(shop, '1', '2')).toEqual(expected);
    shop.reply(saying('2'));
    // One reply, however many values it had.
    expect(await told(shop, '1', '2')).toEqual(expected);
    expect(await told(shop, '2')).toEqual(expected);
    expect(shop.takeAsked()).toEqual([['1', '2']]);
    const { headers } = await shop.stockOf(['1']);
    expect(headers.get('x-other')).toBeNull();
  });

  test('what is inserted and what is a default, where the reply had none', async () => {
    await using shop = await startHeadedShop({ rules: ALL });
    for (let time = 0; time < 2; time++)
      expect(await told(shop, '1')).toEqual({
        ...Object.fromEntries(NAMES.map(name => [name, null])),
        'x-new': 'none',
        'x-via': 'weir',
      });
    expect(shop.takeAsked()).toHaveLength(1);
  });

  test('in a list those of kept replies, the oldest first, and then those of what is asked for', async () => {
    await using shop = await startHeadedShop({ rules: ALL });
    for (const id of ['3', '1', '2']) {
      shop.reply(saying(id));
      await shop.stockOf([id]);
      shop.clock.at += 1_000;
    }
    shop.takeAsked();
    shop.reply(saying('4'));
    // Whatever the order of the list.
    for (const ids of [
      ['1', '2', '3', '4'],
      ['4', '3', '2', '1'],
    ]) {
      expect(await told(shop, ...ids)).toEqual({
        ...those('3'),
        'x-last': '4',
        'x-all': '3, 1, 2, 4',
      });
      await shop.gateway.admin.inject({
        method: 'POST',
        url: '/cache/invalidate',
        payload: { kind: 'entity', type: 'Product', key: { id: '4' } },
      });
    }
    expect(shop.takeAsked()).toEqual([['4'], ['4']]);
  });

  test('those of one that stands in for what cannot be had', async () => {
    await using shop = await startHeadedShop({
      rules: ALL,
      cache: { fields: { Product: { maxAge: '60s', staleIfError: '1h' } } },
    });
    shop.reply(saying('1'));
    await shop.stockOf(['1']);
    shop.clock.at += 61_000;
    shop.subgraphs.stock.respond = (_, response) => sendJson(response, {}, 503);
    expect(await told(shop, '1')).toEqual(those('1'));
  });

  test('of root fields, too', async () => {
    await using shop = await startHeadedShop({
      rules: ALL,
      cache: { fields: { 'Query.motto': { maxAge: '60s' } } },
    });
    for (const value of ['1', '2']) {
      shop.reply(saying(value));
      const { headers } = await shop.handle(graphqlRequest({ query: '{ motto }' }));
      expect(headers.get('x-all')).toBe('1');
    }
    expect(shop.takeAsked()).toHaveLength(1);
  });
});

test('an answer that is kept has those of the kept values in it', async () => {
  await using shop = await startHeadedShop({
    rules: ALL,
    cache: { responses: { enabled: true }, fields: { 'Query.products': { maxAge: '60s' } } },
  });
  shop.reply(saying('1'));
  await shop.stockOf(['1']);
  shop.reply(saying('2'));
  for (const state of ['MISS', 'HIT']) {
    const { headers } = await shop.stockOf(['1', '2']);
    expect([headers.get('x-cache'), headers.get('x-all')]).toEqual([state, '1, 2']);
  }
});

describe('what is one client’s', () => {
  test('is never another’s: a reply with a cookie is not kept, and one without is', async () => {
    await using shop = await startHeadedShop({
      rules: [{ propagate: { name: 'set-cookie' } }, { propagate: { name: 'x-all' } }],
    });
    for (const session of ['1', '2']) {
      shop.reply({ 'set-cookie': `s=${session}`, 'x-all': session });
      const { headers } = await shop.stockOf(['1']);
      expect([headers.getSetCookie(), headers.get('x-all')]).toEqual([[`s=${session}`], session]);
    }
    shop.reply({ 'x-all': '3' });
    for (let time = 0; time < 2; time++) expect((await shop.stockOf(['1'])).headers.get('x-all')).toBe('3');
    expect(shop.takeAsked()).toHaveLength(3);
  });

  test('is inserted for each of those who get the same value', async () => {
    const issuer = await startIssuer();
    await using shop = await startHeadedShop({
      rules: [{ insert: { name: 'x-who', from: 'subject' } }],
      config: { identity: { jwt: { providers: [issuer.provider] } } },
    });
    const whoAs = async (sub: string) =>
      (await shop.stockOf(['1'], { authorization: `Bearer ${issuer.token({ sub })}` })).headers.get('x-who');
    expect([await whoAs('ann'), await whoAs('bob'), await whoAs('ann')]).toEqual(['ann', 'bob', 'ann']);
    expect((await shop.stockOf(['1'])).headers.get('x-who')).toBeNull();
    expect(shop.takeAsked()).toHaveLength(1);
    await issuer[Symbol.asyncDispose]();
  });

  test.each<[string, Partial<HeadedShopOptions>]>([
    ['the subgraph is told who asks', { identity: true }],
    ['the value is private', { cache: { fields: { 'Product.stock': { scope: 'PRIVATE' } } } }],
    ['its reply is private', {}],
  ])('stays with the value where %s', async (name, options) => {
    const issuer = await startIssuer();
    await using shop = await startHeadedShop({
      ...options,
      rules: ALL,
      config: { identity: { jwt: { providers: [issuer.provider] } } },
    });
    const control = name === 'its reply is private' ? { 'cache-control': 'private' } : {};
    const callers = ['ann', 'bob', null];
    for (let round = 0; round < 2; round++)
      for (const sub of callers) {
        shop.reply({ ...control, 'x-all': `of ${sub}, ${sub === null ? round : 0}` });
        const headers: Record<string, string> =
          sub === null ? {} : { authorization: `Bearer ${issuer.token({ sub })}` };
        const got = (await shop.stockOf(['1'], headers)).headers.get('x-all');
        expect(got?.startsWith(`of ${sub}, `)).toBe(true);
      }
    // Nobody in particular keeps nothing that is private.
    expect(shop.takeAsked()).toHaveLength(name === 'the subgraph is told who asks' ? 3 : 4);
    await issuer[Symbol.asyncDispose]();
  });
});

describe('how long the answer may be kept', () => {
  test('is what its kept values have left', async () => {
    await using shop = await startHeadedShop({ rules: CONTROL, listRules: CONTROL });
    shop.subgraphs.products.respond = (_, response) => {
      response.setHeader('cache-control', 'max-age=600');
      sendJson(response, { data: { products: [{ __typename: 'Product', id: '1' }] } });
    };
    shop.reply({ 'cache-control': 'max-age=50' });
    const control = async () => (await shop.stockOf(['1'])).headers.get('cache-control');
    expect(await control()).toBe('private, max-age=50');
    shop.clock.at += 20_000;
    expect(await control()).toBe('private, max-age=30');
    expect(shop.takeAsked()).toHaveLength(1);
  });

  test('is not at all where a kept value is of a subgraph that no rule asks', async () => {
    await using shop = await startHeadedShop({ rules: [], listRules: CONTROL });
    shop.subgraphs.products.respond = (_, response) => {
      response.setHeader('cache-control', 'max-age=600');
      sendJson(response, { data: { products: [{ __typename: 'Product', id: '1' }] } });
    };
    for (let time = 0; time < 2; time++)
      expect((await shop.stockOf(['1'])).headers.get('cache-control')).toBe('no-store');
    expect(shop.takeAsked()).toHaveLength(1);
  });
});

test('more than is kept of headers keeps nothing of the reply', async () => {
  await using shop = await startHeadedShop({ rules: [{ propagate: { name: 'x-all' } }] });
  shop.reply({ 'x-all': 'v'.repeat(4_100) });
  for (let time = 0; time < 2; time++) {
    const { headers, body } = await shop.stockOf(['1']);
    expect(headers.get('x-all')).toHaveLength(4_100);
    expect(body).toEqual({ data: { products: [{ stock: 1 }] } });
  }
  expect(shop.takeAsked()).toHaveLength(2);
});

test('headers count for the size of a value', async () => {
  await using shop = await startHeadedShop({
    rules: [{ propagate: { name: 'x-all' } }],
    cache: { maxEntry: '200B' },
  });
  shop.reply({ 'x-all': 'v'.repeat(150) });
  for (let time = 0; time < 2; time++) await shop.stockOf(['1']);
  const large = shop.takeAsked().length;
  shop.reply({ 'x-all': 'v' });
  for (let time = 0; time < 2; time++) await shop.stockOf(['2']);
  expect([large, shop.takeAsked().length]).toEqual([2, 1]);
});

test('another instance gives the same, and one with other rules asks for itself', async () => {
  const storage = { redis: { url: REDIS_URL, prefix: `test-${randomId()}`, readTimeout: '5s' } };
  await using one = await startHeadedShop({ rules: ALL, config: { storage } });
  await using other = await startHeadedShop({ rules: ALL, config: { storage }, other: one });
  await using third = await startHeadedShop({
    rules: [{ propagate: { name: 'x-else' } }],
    config: { storage },
    other: one,
  });
  for (const { log } of [one, other, third])
    await vi.waitFor(() => expect(log.map(({ message }) => message)).toContain('Redis is ready'), PATIENCE);
  await vi.waitFor(async () => {
    one.reply({ ...saying('1'), 'x-else': '5' });
    await one.stockOf(['1']);
    one.reply(saying('2'));
    expect((await told(other, '1'))['x-all']).toBe('1');
  }, PATIENCE);
  one.reply({ ...saying('3'), 'x-else': '6' });
  expect((await third.stockOf(['1'])).headers.get('x-else')).toBe('6');
});

/**
 * Callers, products and time at random: an answer has the headers of the replies that its values are of, each once, and
 * of no other reply, so of none to another caller.
 */
test.each([1, 2, 3])('headers are those of the values that they came with: seed %i', async seed => {
  const issuer = await startIssuer();
  await using shop = await startHeadedShop({
    rules: [{ propagate: { name: 'x-reply', algorithm: 'append' } }],
    identity: true,
    config: { identity: { jwt: { providers: [issuer.provider] } } },
    cache: { fields: { Product: { maxAge: '20s', staleWhileRevalidate: '10s' } } },
  });
  let reply = 0;
  shop.reply(
    ({ headers }) => ({ 'x-reply': `${++reply} to ${headers['x-user-id'] ?? 'nobody'}` }),
    () => reply,
  );
  const random = createRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const ids = ['1', '2', '3', '4', '5'];
  let ofKept = 0;
  for (let step = 0; step < 150; step++) {
    shop.clock.at += 1 + below(3_000);
    const sub = ['ann', 'bob', null][below(3)] ?? null;
    const wanted = ids.filter(() => random() < 0.5);
    if (wanted.length === 0) continue;
    const [before, headers] = [
      reply,
      sub === null ? {} : { authorization: `Bearer ${issuer.token({ sub })}` },
    ];
    const answer = await shop.stockOf(wanted, headers as Record<string, string>);
    const { products } = answer.body.data as { products: { stock: number }[] };
    const expected = [...new Set(products.map(({ stock }) => stock))].map(n => `${n} to ${sub ?? 'nobody'}`);
    expect(answer.headers.get('x-reply')?.split(', ').sort()).toEqual(expected.sort());
    if (products.some(({ stock }) => stock <= before)) ofKept++;
  }
  expect(ofKept).toBeGreaterThan(50);
  await issuer[Symbol.asyncDispose]();
});
