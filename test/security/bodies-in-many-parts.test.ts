import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { heldBytes } from '../resilience/growth.ts';
import { createGate } from '../support/gate.ts';
import { startGateway } from '../support/start-gateway.ts';

const PARTS = 500_000;

/** Kept as they came, they would take more than a hundred. */
const MOST_HELD = 20 * 1024 ** 2;

/** A space in a chunk of its own. */
const SPACES = '1\r\n \r\n'.repeat(PARTS);
const HEAD =
  'POST /graphql HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\ncontent-type: application/json\r\n';

const typeDefs = 'type Query { x: Int }';
const resolvers = { Query: { x: () => 1 } };

test('a request that comes byte by byte is answered, and takes no more memory than another', async () => {
  await using gateway = await startGateway({ subgraphs: { a: { typeDefs, resolvers } } });
  const { app } = gateway.gateway;
  await app.listen({ host: '127.0.0.1', port: 0 });
  let server: Socket | null = null;
  app.server.on('connection', (socket: Socket) => {
    server = socket;
  });
  const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  let answer = '';
  client.on('data', data => {
    answer += data;
  });
  const sent = `${HEAD}transfer-encoding: chunked\r\n\r\n${SPACES}`;
  const before = await heldBytes();
  client.write(sent);
  await vi.waitFor(() => expect(server?.bytesRead).toBe(sent.length), { timeout: 20_000, interval: 50 });
  expect((await heldBytes()) - before).toBeLessThan(MOST_HELD);
  const body = '{"query":"{ x }"}';
  client.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
  await vi.waitFor(() => expect(answer).toMatch(/\{"data":\{"x":1\}\}$/));
});

test('a reply of a subgraph that comes byte by byte is read, and takes no more memory than another', async () => {
  const gate = createGate();
  let written = 0;
  await using gateway = await startGateway({
    subgraphs: {
      a: {
        typeDefs,
        resolvers,
        async respond(_seen, response) {
          response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
          // What the kernel buffers is not held by the gateway: of so many it has most.
          for (; written < 4; written++)
            await new Promise<void>(resolve => response.socket?.write(SPACES, () => resolve()));
          await gate.opened;
          response.end('{"data":{"x":1}}');
        },
      },
    },
    config: { execution: { subgraphs: { all: { timeout: '20s' } }, deadline: '20s' } },
  });
  const before = await heldBytes();
  const answer = gateway.ask('{ x }');
  await vi.waitFor(() => expect(written).toBe(4), { timeout: 20_000, interval: 50 });
  expect((await heldBytes()) - before).toBeLessThan(MOST_HELD);
  gate.open();
  expect(await answer).toEqual({ data: { x: 1 } });
});
