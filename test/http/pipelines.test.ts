import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { startGateway } from '../support/start-gateway.ts';

const LARGE = 'x'.repeat(200_000);

async function start(server: GatewayConfigInput['server'] = {}) {
  const gateway = await startGateway({
    config: { server },
    subgraphs: {
      a: {
        typeDefs: 'type Query { word: String large: String held: String }',
        resolvers: { Query: { word: () => 'w', large: () => LARGE, held: () => 'h' } },
      },
    },
  });
  const { app } = gateway.gateway;
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const inFlight = async () =>
    Number(/^http_server_active_requests (\d+)/m.exec(await gateway.metrics.registry.metrics())?.[1]);
  return { gateway, port, inFlight };
}

function post(query: string, id: string): string {
  const body = JSON.stringify({ query });
  return [
    'POST /graphql HTTP/1.1',
    'host: gateway',
    'content-type: application/json',
    `x-request-id: ${id}`,
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

test('who leaves in the middle of a pipeline is no request in flight any more', async () => {
  const { gateway, port, inFlight } = await start();
  await using _ = gateway;
  await gateway.ask('{ word }');
  const { opened: gate, open } = createGate();
  gateway.subgraphs.a.respond = async (_seen, response) => {
    await gate;
    sendJson(response, { data: { held: 'h', word: 'w' } });
  };
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(post('{ held }', 'r-1') + post('{ word }', 'r-2') + post('{ word a: word }', 'r-3'));
  await vi.waitFor(async () => expect(await inFlight()).toBe(3), 5_000);
  socket.destroy();
  await new Promise(resolve => setTimeout(resolve, 100));
  open();
  await vi.waitFor(async () => expect(await inFlight()).toBe(0), 5_000);
});

test('one connection has so many requests in flight and no more', async () => {
  const { gateway, port, inFlight } = await start();
  await using _ = gateway;
  gateway.subgraphs.a.respond = () => {};
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise(resolve => socket.once('close', resolve));
  const send = (count: number) =>
    socket.write(Array.from({ length: count }, (_value, i) => post(`{ a${i}: held }`, `r-${i}`)).join(''));
  send(101);
  await vi.waitFor(async () => expect(await inFlight()).toBe(101), 5_000);
  send(1);
  await closed;
  await vi.waitFor(async () => expect(await inFlight()).toBe(0), 5_000);
  gateway.subgraphs.a.respond = undefined;
  expect(await gateway.ask('{ word }')).toEqual({ data: { word: 'w' } });
});

test('who has been answered may pipeline more', async () => {
  const { gateway, port } = await start();
  await using _ = gateway;
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', chunk => {
    text += chunk;
  });
  for (let round = 1; round <= 4; round++) {
    socket.write(Array.from({ length: 60 }, (_value, i) => post('{ word }', `r-${i}`)).join(''));
    await vi.waitFor(() => expect(text.split('HTTP/1.1 200').length - 1).toBe(round * 60), 5_000);
  }
  socket.destroy();
});

test('who leaves in the middle of pipelines leaves room for others', async () => {
  const { gateway, port, inFlight } = await start({ overload: { maxRequests: 40 } });
  await using _ = gateway;
  const warned: Error[] = [];
  const warn = (warning: Error): void => void warned.push(warning);
  process.on('warning', warn);
  gateway.subgraphs.a.respond = () => {};
  for (let round = 0; round < 3; round++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Array.from({ length: 30 }, (_value, i) => post(`{ a${i}: held }`, `r-${i}`)).join(''));
    await vi.waitFor(async () => expect(await inFlight()).toBe(30), 5_000);
    socket.destroy();
    await vi.waitFor(async () => expect(await inFlight()).toBe(0), 5_000);
  }
  gateway.subgraphs.a.respond = undefined;
  expect(await gateway.ask('{ word }')).toEqual({ data: { word: 'w' } });
  process.off('warning', warn);
  expect(warned).toEqual([]);
});

/** Reads answers of one connection in the order in which they come. */
async function readAnswers(port: number, text: string, count: number): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let read = '';
  for await (const chunk of socket) {
    read += (chunk as Buffer).toString('latin1');
    const answers = read.split(/(?=HTTP\/1\.1 \d{3} )/);
    const [head = '', body] = (answers.at(-1) ?? '').split(/\r\n\r\n(.*)/s);
    const length = Number(/content-length: (\d+)/.exec(head)?.[1]);
    if (answers.length === count && body !== undefined && body.length >= length) break;
  }
  socket.destroy();
  return read.split(/(?=HTTP\/1\.1 \d{3} )/);
}

test('answers of a connection come in the order of their requests, each with its own id, however ready they are', async () => {
  const { gateway, port } = await start();
  await using _ = gateway;
  const asked = Array.from(
    { length: 60 },
    (_value, i) => ['{ word }', '{ large }', '{ word', `{ a${i}: word }`][i % 4] ?? '',
  );
  for (let round = 0; round < 3; round++) {
    const text = asked.map((query, i) => post(query, `r-${i}`)).join('');
    const answers = await readAnswers(port, text, asked.length);
    const told = answers.map(answer => [
      Number(/x-request-id: r-(\d+)/.exec(answer)?.[1]),
      answer.includes('"large":"xxx')
        ? '{ large }'
        : answer.includes('Syntax Error')
          ? '{ word'
          : answer.replace(/^.*\{"data":\{"(\w+)":"w"\}\}$/s, '$1'),
    ]);
    expect(told).toEqual(
      asked.map((query, i) => [i, query === '{ word }' ? 'word' : query.startsWith('{ a') ? `a${i}` : query]),
    );
  }
});

test('a client that leaves while its answer waits for others hurts nobody', async () => {
  const { gateway, port, inFlight } = await start();
  await using _ = gateway;
  await gateway.ask('{ word }');
  for (let round = 0; round < 20; round++) {
    const sockets = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'));
    for (const [i, socket] of sockets.entries()) {
      socket.on('error', () => {});
      socket.write(post('{ word }', `r-${i}`));
      socket.on('data', () => socket.destroy());
      if (i % 2 === 0) setImmediate(() => socket.destroy());
    }
    await vi.waitFor(async () => expect(await inFlight()).toBe(0), 5_000);
  }
  expect(await gateway.ask('{ word }')).toEqual({ data: { word: 'w' } });
  expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});
