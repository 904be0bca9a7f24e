import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import type { Respond } from '../support/fake-subgraph.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { startOwnTime } from '../support/own-time.ts';
import { PATIENCE } from '../support/patience.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

/** A subgraph that answers when it is told to; `reached` once it was asked so many times. */
function heldSubgraph(expected = 1): { respond: Respond; reached: Promise<void>; open: () => void } {
  let asked = 0;
  const { opened, open } = createGate();
  const { opened: reached, open: reach } = createGate();
  return {
    reached,
    open: () => open(),
    async respond(_seen, response) {
      if (++asked === expected) reach();
      await opened;
      sendJson(response, { data: { x: 1 } });
    },
  };
}

async function listening(
  respond: Respond | undefined,
  drain = '5s',
): Promise<{ gateway: TestGateway<'a'>; port: number }> {
  const gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int }', ...(respond === undefined ? {} : { respond }) } },
    config: {
      server: { shutdown: { drain } },
      execution: { sharing: { operations: false, fetches: false } },
    },
  });
  await gateway.gateway.app.listen({ host: '127.0.0.1', port: 0 });
  return { gateway, port: (gateway.gateway.app.server.address() as AddressInfo).port };
}

function ask(port: number, agent: Agent): Promise<{ response: IncomingMessage; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { port, agent, method: 'POST', path: '/graphql' };
    const sent = httpRequest({ ...options, headers: { 'content-type': 'application/json' } }, response => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ response, text }));
    });
    sent.on('error', reject);
    sent.end('{"query":"{ x }"}');
  });
}

function connectionsOf({ gateway }: TestGateway<'a'>): Promise<number> {
  const { server } = gateway.app;
  return promisify(server.getConnections.bind(server))();
}

test('readiness ends before requests do, and answers ask for other connections', async () => {
  await using gateway = await startGateway({ subgraphs: { a: { typeDefs: 'type Query { x: Int }' } } });
  const ready = (): Promise<Response> => gateway.handle(new Request('http://gateway/health/ready'));
  const before = await gateway.handle(graphqlRequest({ query: '{ x }' }));
  expect([(await ready()).status, before.headers.get('connection')]).toEqual([200, 'keep-alive']);

  gateway.gateway.beginShutdown();
  expect((await ready()).status).toBe(503);
  expect((await gateway.handle(new Request('http://gateway/health/live'))).status).toBe(200);
  const after = await gateway.handle(graphqlRequest({ query: '{ x }' }));
  expect([after.status, after.headers.get('connection')]).toEqual([200, 'close']);
});

test('closing waits for every request in flight and loses none', async () => {
  const { respond, reached, open } = heldSubgraph(8);
  const { gateway, port } = await listening(respond);
  await using _ = gateway;
  const agent = new Agent({ keepAlive: true });
  const asked = Array.from({ length: 8 }, () => ask(port, agent));
  await reached;
  const closed = gateway.gateway.close();
  open();
  const answers = await Promise.all(asked);
  await closed;
  agent.destroy();
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"data":{"x":1}}']));
  expect(new Set(answers.map(({ response }) => response.headers.connection))).toEqual(new Set(['close']));
});

test('connections without a request are closed at once', async () => {
  const { gateway, port } = await listening(undefined);
  await using _ = gateway;
  const idle = connect(port, '127.0.0.1');
  await new Promise(resolve => idle.once('connect', resolve));
  idle.write('GET /health/live HTTP/1.1\r\nhost: gateway\r\n\r\n');
  await new Promise(resolve => idle.once('data', resolve));
  const ended = new Promise(resolve => idle.once('close', resolve));
  await gateway.gateway.close();
  await ended;
});

test('connections that have never had one are not waited for', async () => {
  const { gateway, port } = await listening(undefined);
  await using _ = gateway;
  const silent = connect(port, '127.0.0.1');
  await new Promise(resolve => silent.once('connect', resolve));
  await vi.waitFor(async () => expect(await connectionsOf(gateway)).toBe(1), PATIENCE);
  const ended = new Promise(resolve => silent.once('close', resolve));
  using time = startOwnTime();
  await gateway.gateway.close();
  await ended;
  expect(time.ms).toBeLessThan(2_500);
});

test('what is still running after the drain is cut off', async () => {
  const { respond, reached, open } = heldSubgraph();
  const { gateway, port } = await listening(respond, '50ms');
  await using _ = gateway;
  const agent = new Agent({ keepAlive: true });
  const asked = ask(port, agent).then(
    () => 'answered',
    () => 'cut off',
  );
  await reached;
  await gateway.gateway.close();
  expect(await asked).toBe('cut off');
  open();
  agent.destroy();
});
