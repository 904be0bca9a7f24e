import { expect, test, vi } from 'vitest';
import { compileForwarding, NOTHING_FORWARDED } from '../../../src/execution/fetch/forward.ts';
import type { SubgraphFetch } from '../../../src/execution/fetch/subgraph-fetch.ts';
import { Replays } from '../../../src/execution/replay/replays.ts';
import { sendJson } from '../../support/fake-subgraph.ts';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../../support/start-gateway.ts';

const QUERY = '{ products { name price } }';

interface Shop {
  names: string[];
  price: number;
}

function startShop(shop: Shop): Promise<TestGateway<'catalog' | 'prices'>> {
  return startGateway({
    subgraphs: {
      catalog: {
        typeDefs: `
          type Query { products: [Product!]! product(id: ID!): Product }
          type Mutation { rename(name: String!): Product }
          type Product @key(fields: "id") { id: ID! name: String }`,
        resolvers: {
          Query: {
            products: () => shop.names.map((name, index) => ({ id: index + 1, name })),
            product: (_: unknown, { id }: { id: string }) => ({ id, name: shop.names[Number(id) - 1] }),
          },
          Mutation: {
            rename: (_: unknown, { name }: { name: string }) => {
              shop.names[0] = name;
              return { id: 1, name: 'always the same' };
            },
          },
        },
      },
      prices: {
        typeDefs: 'type Product @key(fields: "id") { id: ID! price: Int }',
        resolvers: {
          Product: { __resolveReference: ({ id }: { id: string }) => ({ id, price: shop.price }) },
        },
      },
    },
  });
}

async function askTimes(gateway: TestGateway<string>, times: number): Promise<unknown> {
  let answer: unknown;
  for (let index = 0; index < times; index++) answer = await gateway.ask(QUERY);
  return answer;
}

test('asks every subgraph every time, and answers the same when they do', async () => {
  await using gateway = await startShop({ names: ['Chair', 'Table'], price: 5 });
  const first = await gateway.ask(QUERY);
  for (let round = 2; round <= 5; round++) {
    expect(await gateway.ask(QUERY)).toEqual(first);
    expect(gateway.requestCount()).toBe(round * 2);
  }
});

test('a change in what comes last is in the answer, without a request more', async () => {
  const shop = { names: ['Chair', 'Table'], price: 5 };
  await using gateway = await startShop(shop);
  await askTimes(gateway, 4);
  shop.price = 6;
  expect(await gateway.ask(QUERY)).toEqual({
    data: {
      products: [
        { name: 'Chair', price: 6 },
        { name: 'Table', price: 6 },
      ],
    },
  });
  expect(gateway.requestCount()).toBe(10);
});

test('a change in what comes first asks nothing that the old answer would have needed', async () => {
  const shop = { names: ['Chair', 'Table'], price: 5 };
  await using gateway = await startShop(shop);
  await askTimes(gateway, 4);
  shop.names = ['Lamp'];
  expect(await gateway.ask(QUERY)).toEqual({ data: { products: [{ name: 'Lamp', price: 5 }] } });
  expect(gateway.requestCount()).toBe(10);
  const { variables } = gateway.subgraphs.prices.requests.at(-1) ?? {};
  expect(JSON.stringify(variables)).toContain('"id":"1"');
  expect(JSON.stringify(variables)).not.toContain('"id":"2"');
});

test('every value along the way is current, however often it changes', async () => {
  const shop = { names: ['Chair'], price: 0 };
  await using gateway = await startShop(shop);
  for (let round = 0; round < 40; round++) {
    if (round % 3 === 0) shop.price = round;
    if (round % 7 === 0) shop.names = [`Chair ${round}`, 'Table'].slice(0, 1 + (round % 2));
    const { data } = await gateway.ask(QUERY);
    expect(data).toEqual({ products: shop.names.map(name => ({ name, price: shop.price })) });
  }
  expect(gateway.requestCount()).toBe(80);
});

test('a subgraph that fails is reported, and its return is noticed', async () => {
  await using gateway = await startShop({ names: ['Chair'], price: 5 });
  await askTimes(gateway, 4);
  gateway.subgraphs.prices.respond = (_seen, response) => sendJson(response, { wrong: true }, 503);
  const broken = await gateway.ask(QUERY);
  expect(broken.data).toEqual({ products: [{ name: 'Chair', price: null }] });
  expect(broken.errors?.[0]).toMatchObject({
    path: ['products', 0, 'price'],
    extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
  });
  gateway.subgraphs.prices.respond = undefined;
  expect(await gateway.ask(QUERY)).toEqual({ data: { products: [{ name: 'Chair', price: 5 }] } });
});

test('the requests carry the ids of the request they are made for', async () => {
  await using gateway = await startShop({ names: ['Chair'], price: 5 });
  await askTimes(gateway, 3);
  await gateway.handle(graphqlRequest({ query: QUERY }, { 'x-request-id': 'the-present-one' }));
  const seen = [...gateway.subgraphs.catalog.requests, ...gateway.subgraphs.prices.requests];
  expect(seen.filter(({ headers }) => headers['x-request-id'] === 'the-present-one')).toHaveLength(2);
});

test('other variables are another execution', async () => {
  await using gateway = await startShop({ names: ['Chair', 'Table'], price: 5 });
  const query = 'query ($id: ID!) { product(id: $id) { name } }';
  for (let round = 0; round < 4; round++) {
    expect((await gateway.ask(query, { id: '1' })).data).toEqual({ product: { name: 'Chair' } });
    expect((await gateway.ask(query, { id: '2' })).data).toEqual({ product: { name: 'Table' } });
  }
});

test('a mutation runs each time, whatever it answers', async () => {
  const shop = { names: ['Chair'], price: 5 };
  await using gateway = await startShop(shop);
  for (const name of ['A', 'B', 'C', 'D']) {
    await gateway.ask('mutation ($name: String!) { rename(name: $name) { name } }', { name });
    expect(shop.names[0]).toBe(name);
  }
  const before = gateway.requestCount();
  for (let round = 0; round < 4; round++) await gateway.ask('mutation { rename(name: "same") { name } }');
  expect(gateway.requestCount()).toBe(before + 4);
});

const context = { deadlineAt: 1_000, requestId: 'r', traceparent: null, forwarded: NOTHING_FORWARDED };

test('two equal requests in one execution are never mistaken for one', async () => {
  const ask: SubgraphFetch = async () => ({ status: 200, headers: {}, body: Buffer.from('{"data":{}}') });
  const replays = new Replays<number>({ maxWeight: 10_000, ask, isSound: () => true, weigh: () => 0 });
  let executions = 0;
  const execute = async (fetch: SubgraphFetch): Promise<number> => {
    const request = { subgraph: 'a', operationKind: 'query', body: '{}', context } as const;
    await Promise.all([fetch(request), fetch(request)]);
    return ++executions;
  };
  for (let round = 1; round <= 4; round++)
    expect(await replays.run({ key: 'k', context, execute })).toBe(round);
});

/** How often 50 operations are executed when each is asked three times. */
async function executionsOfFifty(options: { reply: number; result: number }): Promise<number> {
  const ask: SubgraphFetch = async () => ({
    status: 200,
    headers: {},
    body: Buffer.alloc(options.reply, 'x'),
  });
  const weigh = (): number => options.result;
  const replays = new Replays<string>({ maxWeight: 30_000, ask, isSound: () => true, weigh });
  let executions = 0;
  for (let round = 0; round < 3; round++) {
    for (let key = 0; key < 50; key++) {
      const execute = async (fetch: SubgraphFetch): Promise<string> => {
        executions++;
        return (await fetch({ subgraph: 'a', operationKind: 'query', body: '{}', context })).body.toString();
      };
      await replays.run({ key: `${key}`, context, execute });
    }
  }
  return executions;
}

test('recordings stay within their memory: what is large is forgotten, be it the replies or the result', async () => {
  expect(await executionsOfFifty({ reply: 10, result: 10 })).toBe(100);
  expect(await executionsOfFifty({ reply: 1_000, result: 10 })).toBeGreaterThan(125);
  expect(await executionsOfFifty({ reply: 10, result: 1_000 })).toBeGreaterThan(125);
});

test('once a reply has changed, the replay sends nothing more by itself', async () => {
  const gates = new Map<string, (body: string) => void>();
  const sent: string[] = [];
  const ask: SubgraphFetch = ({ body }) => {
    sent.push(body);
    return new Promise(
      resolve => void gates.set(body, text => resolve({ status: 200, headers: {}, body: Buffer.from(text) })),
    );
  };
  const replays = new Replays<number>({ maxWeight: 10_000, ask, isSound: () => true, weigh: () => 0 });
  let executions = 0;
  const execute = async (fetch: SubgraphFetch): Promise<number> => {
    const send = (body: string) => fetch({ subgraph: 'a', operationKind: 'query', body, context });
    await Promise.all([send('slow'), send('first').then(() => send('second'))]);
    return ++executions;
  };
  const round = async (slow: string): Promise<number> => {
    const result = replays.run({ key: 'k', context, execute });
    const reply = async (body: string, text: string): Promise<void> => {
      await vi.waitFor(() => expect(gates.has(body)).toBe(true), PATIENCE);
      gates.get(body)?.(text);
      gates.delete(body);
    };
    // In the recorded execution the second request is sent before the slow reply is there.
    if (slow === 'changed') await reply('slow', slow);
    await reply('first', 'same');
    await reply('second', 'same');
    if (slow !== 'changed') await reply('slow', slow);
    return result;
  };
  for (const [index, slow] of ['same', 'same', 'same'].entries()) {
    expect(await round(slow)).toBe(Math.min(index + 1, 2));
  }
  sent.length = 0;
  expect(await round('changed')).toBe(3);
  expect(sent).toEqual(['slow', 'first', 'second']);
});

test('what is asked again is asked with the headers of the present caller, and answered for that caller', async () => {
  const headers = { request: [] };
  const forward = compileForwarding(new Map([['a', { identity: true, headers }]]));
  const told: string[] = [];
  const ask: SubgraphFetch = async ({ subgraph, context: { forwarded } }) => {
    const [, subject = ''] = forwarded.headersFor(subgraph);
    told.push(subject);
    return { status: 200, headers: {}, body: Buffer.from(subject) };
  };
  const replays = new Replays<string>({ maxWeight: 10_000, ask, isSound: () => true, weigh: () => 0 });
  const callers = ['ada', 'ada', 'ada', 'eve', 'ada', 'eve', 'eve', 'ada'];
  for (const subject of callers) {
    const facts = { subject, roles: new Set<string>(), tenant: null, persona: null, claims: {} };
    const own = { ...context, forwarded: forward({ facts, headers: {} }) };
    const execute = async (fetch: SubgraphFetch): Promise<string> =>
      (await fetch({ subgraph: 'a', operationKind: 'query', body: '{}', context: own })).body.toString();
    expect(await replays.run({ key: 'k', context: own, execute })).toBe(subject);
  }
  expect(told).toEqual(callers);
});
