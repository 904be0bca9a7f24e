import { expect, test } from 'vitest';
import { composeSupergraph } from '../support/compose.ts';
import { type Respond, startFakeSubgraph } from '../support/fake-subgraph.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CALLER_SPAN = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${CALLER_SPAN}-01`;

const start = (receiver: OtlpReceiver, respond?: Respond): Promise<TestGateway<'a' | 'b'>> =>
  startGateway({
    subgraphs: {
      a: {
        typeDefs: 'type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        resolvers: { Query: { item: () => ({ id: 1 }) } },
      },
      b: {
        typeDefs: 'type Item @key(fields: "id") { id: ID! price: Int }',
        resolvers: { Item: { __resolveReference: ({ id }: { id: string }) => ({ id, price: 5 }) } },
        ...(respond === undefined ? {} : { respond }),
      },
    },
    config: {
      telemetry: {
        serviceName: 'shop',
        resource: { 'cloud.region': 'north' },
        otlp: { endpoint: receiver.url },
      },
    },
  });

/** Closing sends what is left. */
async function spansAfter(
  receiver: OtlpReceiver,
  gateway: Pick<TestGateway<'a'>, 'gateway'>,
): Promise<(name: string) => ReceivedSpan[]> {
  await gateway.gateway.close();
  return name => receiver.spans.filter(span => span.name === name);
}

test('a request is one trace: request, prepare, plan and each fetch', async () => {
  await using receiver = await startOtlpReceiver();
  await using gateway = await start(receiver);
  const response = await gateway.handle(
    graphqlRequest({ query: 'query Price { item { price } }' }, { traceparent: TRACEPARENT }),
  );
  expect(await response.json()).toEqual({ data: { item: { price: 5 } } });
  const named = await spansAfter(receiver, gateway);
  const [request] = named('weir.request');
  const [prepare] = named('weir.prepare');
  const [plan] = named('weir.plan');
  const fetches = named('weir.fetch');

  expect(response.headers.get('x-trace-id')).toBe(TRACE_ID);
  expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
  expect(request).toMatchObject({ parentSpanId: CALLER_SPAN, kind: 2, status: 0 });
  expect(request?.resource).toEqual({ 'service.name': 'shop', 'cloud.region': 'north' });
  expect(prepare?.parentSpanId).toBe(request?.spanId);
  expect(plan?.parentSpanId).toBe(prepare?.spanId);
  expect(fetches.map(({ parentSpanId }) => parentSpanId)).toEqual([request?.spanId, request?.spanId]);
  expect(request?.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'url.path': '/graphql',
    'graphql.operation.type': 'query',
    'graphql.operation.name': 'Price',
    'server.address': 'gateway',
  });
  expect(fetches.map(({ kind, attributes }) => [kind, attributes['weir.subgraph']])).toEqual([
    [3, 'a'],
    [3, 'b'],
  ]);
  expect(fetches[0]?.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'graphql.operation.type': 'query',
    'server.address': '127.0.0.1',
  });
});

test('each subgraph gets the context of its own fetch', async () => {
  await using receiver = await startOtlpReceiver();
  await using gateway = await start(receiver);
  await gateway.ask('{ item { price } }', {}, { traceparent: TRACEPARENT });
  const named = await spansAfter(receiver, gateway);
  const sent = [...gateway.subgraphs.a.requests, ...gateway.subgraphs.b.requests].map(
    ({ headers }) => headers['traceparent'],
  );
  expect(sent).toEqual(named('weir.fetch').map(({ spanId }) => `00-${TRACE_ID}-${spanId}-01`));
});

test('a prepared operation is not prepared again', async () => {
  await using receiver = await startOtlpReceiver();
  await using gateway = await start(receiver);
  await gateway.ask('{ item { price } }');
  await gateway.ask('{ item { price } }');
  const named = await spansAfter(receiver, gateway);
  expect([named('weir.request').length, named('weir.prepare').length]).toEqual([2, 1]);
  expect(new Set(named('weir.request').map(({ traceId }) => traceId)).size).toBe(2);
});

test('an operation is prepared within the request that needs it first: also where answers are kept, and explained', async () => {
  await using receiver = await startOtlpReceiver();
  await using gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int y: Int }' } },
    config: {
      telemetry: { otlp: { endpoint: receiver.url } },
      cache: { defaultMaxAge: '1m' },
      personas: { everybody: { match: { default: true }, explain: true } },
    },
  });
  await gateway.ask('{ x }', {}, { traceparent: TRACEPARENT });
  await gateway.ask('{ y }', {}, { traceparent: TRACEPARENT, 'x-weir-explain': '1' });
  const named = await spansAfter(receiver, gateway);
  const requests = named('weir.request').map(({ spanId }) => spanId);
  expect(requests).toHaveLength(2);
  expect(named('weir.prepare').map(({ parentSpanId }) => parentSpanId)).toEqual(requests);
});

test('a failed fetch is an error with its code, and the request names it', async () => {
  await using receiver = await startOtlpReceiver();
  await using gateway = await start(receiver, (_seen, response) => void response.destroy());
  await gateway.ask('{ item { price } }');
  const named = await spansAfter(receiver, gateway);
  const failed = named('weir.fetch').find(({ attributes }) => attributes['weir.subgraph'] === 'b');
  expect(failed).toMatchObject({ status: 2, attributes: { 'error.type': 'SUBGRAPH_UNAVAILABLE' } });
  expect(named('weir.request')[0]).toMatchObject({
    status: 0,
    attributes: { 'error.type': 'SUBGRAPH_UNAVAILABLE' },
  });
});

test('a refused request has a span too, and what clients invent does not become an attribute', async () => {
  await using receiver = await startOtlpReceiver();
  await using gateway = await start(receiver);
  await gateway.handle(new Request('http://gateway/graphql', { method: 'PROPFIND' }));
  await gateway.ask(`query ${'x'.repeat(65)} { item { id } }`);
  const named = await spansAfter(receiver, gateway);
  const [refused, named65] = named('weir.request');
  expect(refused?.attributes).toMatchObject({
    'http.request.method': '_OTHER',
    'http.response.status_code': 405,
  });
  expect(named65?.attributes).not.toHaveProperty(['graphql.operation.name']);
});

test('a caller that does not sample is obeyed, and its trace goes on', async () => {
  await using receiver = await startOtlpReceiver();
  await using gateway = await start(receiver);
  const traceparent = TRACEPARENT.replace(/01$/, '00');
  await gateway.ask('{ item { id } }', {}, { traceparent });
  expect(gateway.subgraphs.a.requests[0]?.headers['traceparent']).toMatch(
    new RegExp(`^00-${TRACE_ID}-.*-00$`),
  );
  await gateway.gateway.close();
  expect(receiver.spans).toEqual([]);
});

test('a fetch is described by the place that is asked, without what stands before the host', async () => {
  await using receiver = await startOtlpReceiver();
  await using a = await startFakeSubgraph({
    typeDefs: 'type Query { x: Int }',
    resolvers: { Query: { x: () => 1 } },
  });
  const secret = a.url.replace('http://', 'http://user:sEcReT@');
  await using gateway = await startGateway({
    supergraphSdl: composeSupergraph([{ name: 'a', url: '', typeDefs: 'type Query { x: Int }' }]),
    config: {
      execution: { subgraphs: { a: { url: secret } } },
      telemetry: { otlp: { endpoint: receiver.url } },
    },
  });
  expect(await gateway.ask('{ x }')).toEqual({ data: { x: 1 } });
  await gateway.gateway.close();
  const fetch = receiver.spans.find(({ name }) => name === 'weir.fetch');
  expect(fetch?.attributes).toMatchObject({ 'server.address': '127.0.0.1', 'url.full': a.url });
});

test('a request that comes again says the same of itself', async () => {
  await using receiver = await startOtlpReceiver();
  await using gateway = await start(receiver);
  for (let i = 0; i < 3; i++) await gateway.ask('query Price { item { price } }');
  const named = await spansAfter(receiver, gateway);
  const [first, ...others] = named('weir.request').map(({ attributes }) => ({
    type: attributes['graphql.operation.type'],
    name: attributes['graphql.operation.name'],
    status: attributes['http.response.status_code'],
  }));
  expect(first).toEqual({ type: 'query', name: 'Price', status: 200 });
  expect(others).toEqual([first, first]);
  expect(named('weir.fetch')).toHaveLength(6);
});

test('where answers are kept, a request says where its own came from', async () => {
  await using receiver = await startOtlpReceiver();
  await using gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int }', resolvers: { Query: { x: () => 1 } } } },
    config: {
      cache: { fields: { 'Query.x': { maxAge: '60s' } } },
      telemetry: { otlp: { endpoint: receiver.url } },
    },
  });
  for (const query of ['{ x }', '{ x }', '{ __typename }']) await gateway.ask(query);
  const named = await spansAfter(receiver, gateway);
  const states = named('weir.request').map(({ attributes }) => attributes['weir.cache']);
  expect(states).toEqual(['miss', 'hit', 'bypass']);
});
