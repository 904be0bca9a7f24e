import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { startGateway } from '../support/start-gateway.ts';

// What Node has loaded of CommonJS is in one cache, whichever `require` or `import` asked for it.
const loaded = (): string[] =>
  Object.keys(createRequire(import.meta.url).cache).filter(path =>
    /@opentelemetry\/(sdk-node|sdk-trace-node|exporter-trace-otlp-http)\//.test(path),
  );

const subgraphs = { a: { typeDefs: 'type Query { x: Int }' } };

test('OpenTelemetry is loaded when a receiver is configured, and not before', async () => {
  await using plain = await startGateway({ subgraphs });
  await plain.ask('{ x }');
  expect(loaded()).toEqual([]);

  await using traced = await startGateway({
    subgraphs,
    config: { telemetry: { sampleRatio: 0, otlp: { endpoint: 'http://127.0.0.1:9' } } },
  });
  await traced.ask('{ x }');
  expect(loaded()).not.toEqual([]);
});

test('without tracing the caller goes on in the subgraph, or a trace that is not sampled begins', async () => {
  await using gateway = await startGateway({ subgraphs });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await gateway.ask('{ x }', {}, { traceparent });
  await gateway.ask('{ x }', {}, { traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' });
  const [first, second] = gateway.subgraphs.a.requests.map(({ headers }) => headers['traceparent']);
  expect(first).toBe(traceparent);
  expect(second).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});
