import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { sendRaw } from './raw-http.ts';

async function listening(
  server: GatewayConfigInput['server'],
): Promise<{ gateway: TestGateway<'a'>; port: number }> {
  const gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int }', resolvers: { Query: { x: () => 1 } } } },
    config: { server },
  });
  await gateway.gateway.app.listen({ host: '127.0.0.1', port: 0 });
  return { gateway, port: (gateway.gateway.app.server.address() as AddressInfo).port };
}

const BODY = '{"query":"{ x }"}';

function post(headers: readonly string[], body = BODY): string {
  return ['POST /graphql HTTP/1.1', 'host: gateway', 'connection: close', ...headers, '', body].join('\r\n');
}

test('a client that never ends its headers is cut off', async () => {
  const { gateway, port } = await listening({ requestTimeout: '200ms' });
  await using _ = gateway;
  const answer = await sendRaw(port, 'POST /graphql HTTP/1.1\r\nhost: gateway\r\nx-slow: ');
  expect(answer).toMatch(/^HTTP\/1\.1 408 .*x-request-id: [0-9a-f]{32}.*"code":"BAD_REQUEST"/s);
});

test('a client that never ends its body is cut off', async () => {
  const { gateway, port } = await listening({ requestTimeout: '200ms' });
  await using _ = gateway;
  const head = post(['content-type: application/json', 'content-length: 1000']);
  expect(await sendRaw(port, head)).toMatch(/^HTTP\/1\.1 408 /);
  expect(gateway.requestCount()).toBe(0);
});

test('headers above the limit are refused', async () => {
  const { gateway, port } = await listening({});
  await using _ = gateway;
  const answer = await sendRaw(port, post([`x-large: ${'x'.repeat(20_000)}`]));
  expect(answer).toMatch(/^HTTP\/1\.1 431 .*x-trace-id: /s);
});

test('of many small headers the last one counts as the first does', async () => {
  const { gateway, port } = await listening({});
  await using _ = gateway;
  const many = Array<string>(2_500).fill('a:');
  const own = ['content-type: application/json', `content-length: ${BODY.length}`];
  const answer = await sendRaw(port, post([...own, ...many, 'x-request-id: the-last-one']));
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*x-request-id: the-last-one\r\n/s);
});

test('what is not HTTP is refused in the form of all errors', async () => {
  const { gateway, port } = await listening({});
  await using _ = gateway;
  expect(await sendRaw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"code":"BAD_REQUEST"/s);
});

test('a chunked body above the limit is refused while it arrives', async () => {
  const { gateway, port } = await listening({ bodyLimit: '1KiB' });
  await using _ = gateway;
  const chunk = `800\r\n${' '.repeat(0x800)}\r\n`;
  const request = post(['content-type: application/json', 'transfer-encoding: chunked'], chunk);
  expect(await sendRaw(port, request)).toMatch(/^HTTP\/1\.1 413 /);
});

test('a declared length above the limit is refused at once', async () => {
  const { gateway, port } = await listening({ bodyLimit: '1KiB' });
  await using _ = gateway;
  const request = post(['content-type: application/json', 'content-length: 5000']);
  expect(await sendRaw(port, request)).toMatch(/^HTTP\/1\.1 413 /);
});

test('two lengths, or a length and chunks, are never one request', async () => {
  const { gateway, port } = await listening({});
  await using _ = gateway;
  const type = 'content-type: application/json';
  for (const headers of [
    [type, 'content-length: 17', 'content-length: 18'],
    [type, 'content-length: 17', 'transfer-encoding: chunked'],
  ]) {
    expect(await sendRaw(port, post(headers))).toMatch(/^HTTP\/1\.1 400 /);
  }
  expect(gateway.requestCount()).toBe(0);
});

test('a duplicated content type cannot smuggle one that a page may send', async () => {
  const { gateway, port } = await listening({});
  await using _ = gateway;
  const length = `content-length: ${BODY.length}`;
  const request = post(['content-type: text/plain', 'content-type: application/json', length]);
  expect(await sendRaw(port, request)).toMatch(/^HTTP\/1\.1 415 /);
});

test('duplicated ids of requests and traces are replaced', async () => {
  const { gateway, port } = await listening({});
  await using _ = gateway;
  const traceparent = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await sendRaw(
    port,
    post([
      'content-type: application/json',
      `content-length: ${BODY.length}`,
      'x-request-id: one',
      'x-request-id: two',
      traceparent,
      traceparent,
    ]),
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toMatch(/x-request-id: [0-9a-f]{32}\r\n/);
  expect(answer).not.toContain('0af7651916cd43dd8448eb211c80319c');
});
