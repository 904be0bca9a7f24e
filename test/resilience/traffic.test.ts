import { expect, test, vi } from 'vitest';
import { sendJson } from '../support/fake-subgraph.ts';
import { startGateway } from '../support/start-gateway.ts';
import { DOWN, startShop } from './failing-shop.ts';

const typeDefs = 'type Query { a: String b: String } type Mutation { write: String }';
const resolvers = { Query: { a: () => 'A', b: () => 'B' }, Mutation: { write: () => 'done' } };

test('a query that meets a failure is sent again, and an explanation says so; a mutation is not', async () => {
  await using gateway = await startGateway({
    config: {
      execution: { subgraphs: { all: { retry: { backoff: '1ms' } } } },
      personas: { ops: { match: { default: true }, explain: true, introspection: true } },
    },
    subgraphs: { one: { typeDefs, resolvers } },
  });
  const { one } = gateway.subgraphs;
  let failures = 2;
  one.respond = (seen, response) => {
    if (failures-- > 0) return sendJson(response, {}, 503);
    sendJson(response, { data: seen.query.includes('mutation') ? { write: 'done' } : { a: 'A' } });
  };
  const { data, errors, extensions } = await gateway.ask('{ a }', {}, { 'x-weir-explain': '1' });
  expect([data, errors]).toEqual([{ a: 'A' }, undefined]);
  expect(extensions).toMatchObject({ explain: { fetches: [{ subgraph: 'one', outcome: 200, retries: 2 }] } });
  const metrics = await gateway.gateway.admin.inject('/metrics');
  expect(metrics.body).toContain('weir_subgraph_retries_total{subgraph="one",reason="503"} 2');
  failures = 1;
  const written = await gateway.ask('mutation { write }');
  expect(written.errors?.[0]?.extensions['code']).toBe('SUBGRAPH_UNAVAILABLE');
  expect(one.requests).toHaveLength(4);
});

test('a field whose breaker opens is no longer sent again: its subgraph gets no more than its probes', async () => {
  await using shop = await startShop({
    execution: { replay: '0B', subgraphs: { all: { retry: { attempts: 3, backoff: '1ms', floor: 1_000 } } } },
  });
  shop.subgraphs.reviews.respond = DOWN;
  const ask = (): Promise<unknown> => shop.ask('{ latest }');
  await ask();
  await ask();
  const untilOpen = shop.subgraphs.reviews.requests.length;
  expect(untilOpen).toBe(6);
  for (let i = 0; i < 20; i++) await ask();
  expect(shop.subgraphs.reviews.requests).toHaveLength(untilOpen);
  shop.clock.at += 6_500;
  for (let i = 0; i < 20; i++) await ask();
  // One probe, which is sent once.
  expect(shop.subgraphs.reviews.requests).toHaveLength(untilOpen + 1);
});

test('fields of a subgraph with all the requests that it can take fail with OVERLOADED, others do not', async () => {
  await using gateway = await startGateway({
    config: {
      execution: {
        replay: '0B',
        sharing: { operations: false, fetches: false },
        subgraphs: { one: { concurrency: { max: 1, queue: 1, wait: '2s' } } },
      },
    },
    subgraphs: {
      one: { typeDefs, resolvers },
      two: { typeDefs: 'type Query { c: String }', resolvers: { Query: { c: () => 'C' } } },
    },
  });
  const held: (() => void)[] = [];
  gateway.subgraphs.one.respond = (_seen, response) =>
    void held.push(() => sendJson(response, { data: { a: 'A' } }));
  const answers = [1, 2, 3].map(() => gateway.ask('{ a c }'));
  await vi.waitFor(() => expect(gateway.requestCount()).toBe(4), { timeout: 5_000, interval: 5 });
  expect(await answers[2]).toMatchObject({
    data: { a: null, c: 'C' },
    errors: [{ path: ['a'], extensions: { code: 'OVERLOADED', subgraph: 'one' } }],
  });
  held[0]?.();
  await vi.waitFor(() => expect(held).toHaveLength(2), { timeout: 5_000, interval: 5 });
  held[1]?.();
  for (const answer of answers.slice(0, 2)) expect((await answer).data).toEqual({ a: 'A', c: 'C' });
});
