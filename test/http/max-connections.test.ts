import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { listenSecurely } from '../tls/secure-gateway.ts';

async function listening(maxConnections: number): Promise<{ gateway: TestGateway<'a'>; port: number }> {
  const gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int }', resolvers: { Query: { x: () => 1 } } } },
    config: { server: { maxConnections } },
  });
  await gateway.gateway.app.listen({ host: '127.0.0.1', port: 0 });
  return { gateway, port: (gateway.gateway.app.server.address() as AddressInfo).port };
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Whether a request on it is answered; otherwise it is closed. */
async function isServed(socket: Socket): Promise<boolean> {
  socket.write('GET /health/live HTTP/1.1\r\nhost: gateway\r\n\r\n');
  const answered = once(socket, 'data').then(() => true);
  const closed = once(socket, 'close').then(() => false);
  return Promise.race([answered, closed]);
}

const told = ({ log }: TestGateway<'a'>): readonly string[] =>
  log.flatMap(({ message }) => (message.includes('connections') ? [message] : []));

test('past server.maxConnections no other is taken, and those that are there go on', async () => {
  const { gateway, port } = await listening(20);
  await using _ = gateway;
  const sockets: Socket[] = [];
  for (let count = 0; count < 20; count++) sockets.push(await opened(port));
  for (const socket of sockets) expect(await isServed(socket)).toBe(true);
  for (let count = 0; count < 5; count++) expect(await isServed(await opened(port))).toBe(false);
  expect(await isServed(sockets[0] as Socket)).toBe(true);
  expect(told(gateway)).toEqual([expect.stringContaining('server.maxConnections')]);
  const metrics = await gateway.metrics.registry.metrics();
  expect(metrics).toContain('http_server_open_connections 20');
  expect(metrics).toContain('weir_connections_refused_total 5');

  // One that ends makes room, and is not yet worth a word.
  sockets.pop()?.destroy();
  await vi.waitFor(async () => expect(await isServed(await opened(port))).toBe(true));
  expect(told(gateway)).toHaveLength(1);
  expect(await isServed(await opened(port))).toBe(false);
  for (const socket of sockets.splice(0, 5)) socket.destroy();
  await vi.waitFor(() => expect(told(gateway)).toHaveLength(2));
  expect(gateway.log.findLast(({ message }) => message.includes('connections'))?.fields).toMatchObject({
    refused: expect.any(Number),
  });
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(async () =>
    expect(await gateway.metrics.registry.metrics()).toContain('http_server_open_connections 1'),
  );
});

test('with HTTPS too, whether or not a handshake is ever made', async () => {
  await using secure = await listenSecurely({}, 'app', { maxConnections: 2 });
  const held = [await opened(secure.port), await opened(secure.port)];
  const third = await opened(secure.port);
  await once(third, 'close');
  expect(held.map(socket => socket.closed)).toEqual([false, false]);
  for (const socket of held) socket.destroy();
});
