import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { PATIENCE } from '../support/patience.ts';
import { startGateway } from '../support/start-gateway.ts';

/** More than the kernel buffers for both sides of a connection. */
const LARGE = 'x'.repeat(24 * 1024 ** 2);

async function start(server: GatewayConfigInput['server']) {
  const gateway = await startGateway({
    config: { server },
    subgraphs: {
      a: {
        typeDefs: 'type Query { large: String slow: String }',
        resolvers: {
          Query: {
            large: () => LARGE,
            slow: () => new Promise(resolve => setTimeout(resolve, 900, 's')),
          },
        },
      },
    },
  });
  const { app } = gateway.gateway;
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const metrics = () => gateway.metrics.registry.metrics();
  return { gateway, port, metrics };
}

function ask(port: number, ...queries: readonly string[]): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  for (const query of queries) {
    const body = JSON.stringify({ query });
    const head = 'POST /graphql HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n';
    socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
  }
  return socket;
}

test('who asks for much and reads nothing loses the connection, and counts as gone', async () => {
  const { gateway, port, metrics } = await start({ responseTimeout: '400ms' });
  await using _ = gateway;
  const socket = ask(port, '{ large }').pause();
  await vi.waitFor(async () => expect(await metrics()).toMatch(/^http_server_active_requests 1$/m), PATIENCE);
  await vi.waitFor(async () => expect(await metrics()).toMatch(/^http_server_active_requests 0$/m), PATIENCE);
  expect(await metrics()).toMatch(/_count\{[^}]*="499"[^}]*\} 1$/m);
  const connections = await new Promise(resolve =>
    gateway.gateway.app.server.getConnections((_error, count) => resolve(count)),
  );
  expect(connections).toBe(0);
  socket.destroy();
});

test('it is not the client that takes its time while there is no answer, nor behind another', async () => {
  const { gateway, port } = await start({ responseTimeout: '600ms' });
  await using _ = gateway;
  const socket = ask(port, '{ slow }', '{ __typename }');
  let answers = '';
  socket.on('data', data => {
    answers += data;
  });
  await vi.waitFor(() => expect(answers).toMatch(/"slow":"s".*"__typename":"Query"/s), PATIENCE);
  socket.destroy();
});

test('who reads slowly has the time', async () => {
  const { gateway, port } = await start({ responseTimeout: '20s' });
  await using _ = gateway;
  const socket = ask(port, '{ large }').pause();
  await new Promise(resolve => setTimeout(resolve, 500));
  let bytes = 0;
  socket.on('data', data => {
    bytes += data.length;
  });
  socket.resume();
  await vi.waitFor(() => expect(bytes).toBeGreaterThan(LARGE.length), PATIENCE);
  socket.destroy();
});
