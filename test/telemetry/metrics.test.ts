import { expect, test, vi } from 'vitest';
import { METRICS } from '../../src/telemetry/catalogue.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createGate } from '../support/gate.ts';
import { PATIENCE } from '../support/patience.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

const start = (): Promise<TestGateway<'a'>> =>
  startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int! y: Int }', resolvers: { Query: { x: () => 1 } } } },
  });

/** What an operator's scraper would read: each sample of Weir's own metrics. */
async function scrape({ gateway }: TestGateway<'a'>): Promise<(sample: string) => number | undefined> {
  const reply = await gateway.admin.inject('/metrics');
  expect(reply.headers['content-type']).toContain('text/plain');
  const samples = new Map(
    reply.payload
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))];
      }),
  );
  return sample => samples.get(sample);
}

test('every metric of the catalogue is there from the start, described', async () => {
  await using gateway = await start();
  const { payload } = await gateway.gateway.admin.inject('/metrics');
  for (const { name, help } of Object.values(METRICS)) expect(payload).toContain(`# HELP ${name} ${help}`);
});

test('an answered operation moves what counts requests, operations, fetches and plans', async () => {
  await using gateway = await start();
  await gateway.ask('{ x }');
  await gateway.ask('{ x }');
  const sample = await scrape(gateway);
  expect(sample('http_server_request_duration_seconds_count{method="POST",status="200"}')).toBe(2);
  expect(sample('http_server_active_requests')).toBe(0);
  expect(sample('graphql_server_operations_total{kind="query",outcome="ok"}')).toBe(2);
  expect(sample('http_client_request_duration_seconds_count{subgraph="a",outcome="ok"}')).toBe(2);
  expect(sample('weir_plan_duration_seconds_count{planner="native"}')).toBe(1);
  expect(sample('weir_reloads_total{outcome="ok"}')).toBe(1);
  const { id } = gateway.gateway.generation();
  expect(sample(`weir_generation_loaded_timestamp_seconds{id="${id}"}`)).toBeGreaterThan(1.6e9);
});

test('requests in flight show, and those that share work are counted', async () => {
  await using gateway = await start();
  const { opened: reached, open: reach } = createGate();
  const { opened, open } = createGate();
  gateway.subgraphs.a.respond = async (_seen, response) => {
    reach();
    await opened;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"x":1}}');
  };
  // The third differs as an operation, and asks the subgraph the same.
  const asked = ['{ x }', '{ x }', '{ x __typename }'].map(query => gateway.ask(query));
  await reached;
  expect((await scrape(gateway))('http_server_active_requests')).toBe(3);
  open();
  await Promise.all(asked);
  const sample = await scrape(gateway);
  expect(sample('weir_shared_operations_total')).toBe(1);
  expect(sample('weir_shared_fetches_total{subgraph="a"}')).toBe(1);
});

test('failures are counted by outcome and code', async () => {
  await using gateway = await start();
  gateway.subgraphs.a.respond = (_seen, response) => void response.destroy();
  await gateway.ask('{ y }');
  await gateway.ask('{ x }');
  await gateway.handle(new Request('http://gateway/none'));
  const sample = await scrape(gateway);
  expect(
    sample('http_client_request_duration_seconds_count{subgraph="a",outcome="SUBGRAPH_UNAVAILABLE"}'),
  ).toBe(2);
  expect(sample('graphql_server_operations_total{kind="query",outcome="partial"}')).toBe(1);
  expect(sample('graphql_server_operations_total{kind="query",outcome="error"}')).toBe(1);
  expect(sample('http_server_request_duration_seconds_count{method="GET",status="404"}')).toBe(1);
});

test('a client that leaves without its answer is in flight no longer', async () => {
  await using gateway = await start();
  const { opened, open } = createGate();
  gateway.subgraphs.a.respond = async (_seen, response) => {
    await opened;
    response.end('{"data":{"x":1}}');
  };
  const root = await gateway.gateway.app.listen({ host: '127.0.0.1', port: 0 });
  const leaving = new AbortController();
  const { signal } = leaving;
  const left = fetch(`${root}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ x }"}',
    signal,
  });
  await vi.waitFor(() => expect(gateway.requestCount()).toBe(1), PATIENCE);
  leaving.abort();
  await expect(left).rejects.toThrow();
  await vi.waitFor(
    async () => expect((await scrape(gateway))('http_server_active_requests')).toBe(0),
    PATIENCE,
  );
  open();
  await gateway.ask('{ x }');
  const sample = await scrape(gateway);
  expect(sample('http_server_active_requests')).toBe(0);
  expect(sample('http_server_request_duration_seconds_count{method="POST",status="499"}')).toBe(1);
});

test('nothing that clients choose becomes a label', async () => {
  await using gateway = await start();
  await gateway.ask('query Invented($v: Int = 5) { alias: x @skip(if: false) y }', { v: 6 });
  await gateway.handle(graphqlRequest({ query: 'query Invented { invented }' }));
  await gateway.handle(new Request('http://gateway/invented?invented', { method: 'PROPFIND' }));
  const { payload } = await gateway.gateway.admin.inject('/metrics');
  expect(payload).not.toMatch(/invented|propfind/i);
  expect(payload).toContain('method="_OTHER",status="404"');
});

test('gateways of one process count apart', () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.operationShared();
  expect(one.registry).not.toBe(other.registry);
});
