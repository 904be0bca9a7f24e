import { once } from 'node:events';
import {
  constants,
  createSecureServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttp1Server } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { expect, test } from 'vitest';
import { NOTHING_FORWARDED } from '../../../src/execution/fetch/forward.ts';
import type { SubgraphRequest } from '../../../src/execution/fetch/subgraph-fetch.ts';
import { createTransport } from '../../../src/execution/fetch/transport.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { createAuthority } from '../../support/certificates.ts';

const authority = createAuthority();
const own = authority.issue(['127.0.0.1']);

type Kind = SubgraphRequest['operationKind'];

/** A gateway's way to one subgraph. */
function openTransport(port: number, { connections = 100, timeoutMs = 5_000 } = {}) {
  let context = createSecureContext({ ca: authority.cert });
  const tls = { id: 'a', serverName: undefined, current: () => context };
  const url = `https://127.0.0.1:${port}/graphql?a=b`;
  const endpoint = { url, timeoutMs, maxResponseBytes: 10_000_000, connections, tls, http2: true };
  const transport = createTransport(new Map([['a', endpoint]]), systemClock);
  const ask = (operationKind: Kind = 'query', body = '{}'): Promise<string> => {
    const deadlineAt = systemClock.elapsed() + timeoutMs;
    const request = { deadlineAt, requestId: 'r', traceparent: null, forwarded: NOTHING_FORWARDED };
    return transport.fetch({ subgraph: 'a', operationKind, body, context: request }).then(
      reply => `${reply.status} ${reply.body}`,
      (error: { code: string }) => error.code,
    );
  };
  return {
    ask,
    askMany: (count: number, kind: Kind = 'query') =>
      Promise.all(Array.from({ length: count }, () => ask(kind))),
    renew() {
      context = createSecureContext({ ca: authority.cert });
    },
    close: () => transport.close(),
  };
}

interface Subgraph extends ReturnType<typeof openTransport>, AsyncDisposable {
  readonly streams: ServerHttp2Stream[];
  /** Those that were ever opened. */
  readonly sessions: ServerHttp2Session[];
  /** Most requests that were in flight at one time. */
  most(): number;
}

/** Told of each request, counted from 1. */
type OnStream = (stream: ServerHttp2Stream, nth: number) => void;

async function startSubgraph(
  onStream: OnStream,
  options: SecureServerOptions = {},
  way: Parameters<typeof openTransport>[1] = {},
): Promise<Subgraph> {
  const streams: ServerHttp2Stream[] = [];
  const sessions: ServerHttp2Session[] = [];
  let [running, most] = [0, 0];
  const server: Http2Server = createSecureServer({ ...own, ...options });
  server.on('session', session => void sessions.push(session.on('error', () => {})));
  server.on('stream', stream => {
    most = Math.max(most, ++running);
    stream.on('close', () => running--).on('error', () => {});
    stream.resume();
    onStream(stream, streams.push(stream));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport = openTransport((server.address() as AddressInfo).port, way);
  return {
    ...transport,
    streams,
    sessions,
    most: () => most,
    async [Symbol.asyncDispose]() {
      await transport.close();
      for (const session of sessions) session.destroy();
      await new Promise(done => server.close(done));
    },
  };
}

function reply(stream: ServerHttp2Stream, body = 'ok'): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(body);
}

const later: OnStream = stream => void setTimeout(() => reply(stream), 20);

/** Keeps the requests from `from` on until they are released. */
function gated(from = 1) {
  const held: ServerHttp2Stream[] = [];
  const onStream: OnStream = (stream, nth) => (nth < from ? reply(stream) : void held.push(stream));
  return { held, onStream, release: () => held.splice(0).forEach(stream => void reply(stream)) };
}

test('concurrent requests go over one connection, all at a time', async () => {
  const gate = gated();
  await using subgraph = await startSubgraph(gate.onStream);
  const asked = subgraph.askMany(60);
  await expect.poll(() => gate.held.length).toBe(60);
  gate.release();
  expect(new Set(await asked)).toEqual(new Set(['200 ok']));
  expect(subgraph.sessions).toHaveLength(1);
});

test('bodies larger than the windows of HTTP/2 arrive whole, both ways', async () => {
  const seen: string[] = [];
  await using subgraph = await startSubgraph(async stream => {
    let body = '';
    for await (const chunk of stream.setEncoding('utf8')) body += chunk;
    seen.push(body);
    reply(stream, body.repeat(30));
  });
  const body = `"${'ü'.repeat(100_000)}"`;
  // Compared here, as such texts make a report of a million lines.
  expect((await subgraph.ask('query', body)) === `200 ${body.repeat(30)}`).toBe(true);
  expect(seen[0] === body).toBe(true);
});

test('no more requests are in flight than connections there may be', async () => {
  await using subgraph = await startSubgraph(later, {}, { connections: 7 });
  expect(new Set(await subgraph.askMany(30))).toEqual(new Set(['200 ok']));
  expect(subgraph.most()).toBe(7);
});

test('a subgraph that allows few requests at a time is not asked for more', async () => {
  await using subgraph = await startSubgraph(later, { settings: { maxConcurrentStreams: 5 } });
  expect(new Set(await subgraph.askMany(30, 'mutation'))).toEqual(new Set(['200 ok']));
  expect(subgraph.most()).toBe(5);
  expect(subgraph.streams).toHaveLength(30);
});

test('what is in flight is answered when the subgraph announces that it closes the connection', async () => {
  const gate = gated();
  await using subgraph = await startSubgraph(gate.onStream);
  const asked = subgraph.askMany(10, 'mutation');
  await expect.poll(() => gate.held.length).toBe(10);
  const [first] = subgraph.sessions;
  first?.close();
  // What is answered after that has been read after that.
  await new Promise(resolve => first?.ping(resolve));
  const next = subgraph.ask('mutation');
  await expect.poll(() => gate.held.length).toBe(11);
  gate.release();
  expect(new Set([...(await asked), await next])).toEqual(new Set(['200 ok']));
  expect(subgraph.streams).toHaveLength(11);
  expect(subgraph.sessions).toHaveLength(2);
});

test('a connection that is closed between two requests loses none of them', async () => {
  await using subgraph = await startSubgraph(stream => reply(stream));
  for (let count = 0; count < 20; count++) {
    expect(await subgraph.ask('mutation')).toBe('200 ok');
    subgraph.sessions.at(-1)?.close();
  }
  expect(subgraph.streams).toHaveLength(20);
});

test('a request that is refused unseen is sent again, a mutation too, but not for ever', async () => {
  let refusals = 2;
  await using subgraph = await startSubgraph(stream => {
    if (refusals-- > 0) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else reply(stream);
  });
  expect(await subgraph.ask('mutation')).toBe('200 ok');
  expect(subgraph.streams).toHaveLength(3);
  refusals = 1_000;
  expect(await subgraph.ask('mutation')).toBe('SUBGRAPH_UNAVAILABLE');
  expect(subgraph.streams).toHaveLength(6);
});

test.each([
  ['query', '200 ok', 3],
  ['mutation', 'SUBGRAPH_UNAVAILABLE', 2],
] as const)('a %s on a kept connection that breaks: %s', async (kind, expected, sent) => {
  await using subgraph = await startSubgraph((stream, nth) => {
    if (nth === 2) stream.session?.destroy();
    else reply(stream);
  });
  expect(await subgraph.ask()).toBe('200 ok');
  expect(await subgraph.ask(kind)).toBe(expected);
  expect(subgraph.streams).toHaveLength(sent);
});

test('half of an answer is none', async () => {
  await using subgraph = await startSubgraph(stream => {
    stream.respond({ ':status': 200 });
    // Once it has arrived. Without an error Node would write an end first.
    stream.write('half', () => setTimeout(() => stream.destroy(new Error('cut')), 20));
  });
  expect(await subgraph.ask()).toBe('SUBGRAPH_UNAVAILABLE');
  expect(subgraph.streams).toHaveLength(1);
});

test('a subgraph is told when an answer is no longer wanted, and others on the connection get theirs', async () => {
  const gate = gated();
  let isConnected = false;
  const onStream: OnStream = (stream, nth) => (isConnected ? gate.onStream(stream, nth) : reply(stream));
  await using subgraph = await startSubgraph(onStream, {}, { timeoutMs: 150 });
  // Which alone may take a busy machine as long.
  await expect.poll(() => subgraph.ask()).toBe('200 ok');
  isConnected = true;
  expect(await subgraph.ask()).toBe('SUBGRAPH_TIMEOUT');
  const [given] = gate.held.splice(0);
  if (given?.closed === false) await once(given, 'close');
  expect(given?.rstCode).toBe(constants.NGHTTP2_CANCEL);
  const next = subgraph.ask();
  await expect.poll(() => gate.held.length).toBe(1);
  gate.release();
  expect(await next).toBe('200 ok');
  expect(subgraph.sessions).toHaveLength(1);
});

test('after certificates were renewed a new connection is made, and the old one finishes', async () => {
  const gate = gated();
  await using subgraph = await startSubgraph(gate.onStream);
  const before = subgraph.ask('mutation');
  await expect.poll(() => gate.held.length).toBe(1);
  subgraph.renew();
  const after = subgraph.ask('mutation');
  await expect.poll(() => gate.held.length).toBe(2);
  expect(gate.held[0]?.session).not.toBe(gate.held[1]?.session);
  gate.release();
  expect([await before, await after]).toEqual(['200 ok', '200 ok']);
});

test('a subgraph that speaks HTTP/1.1 only gets as many connections as there may be', async () => {
  const sockets = new Set<unknown>();
  const server = createHttp1Server(own, (request, response) => {
    sockets.add(request.socket);
    request.resume().on('end', () => setTimeout(() => response.end(request.httpVersion), 20));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport = openTransport((server.address() as AddressInfo).port, { connections: 4 });
  expect(new Set(await transport.askMany(12))).toEqual(new Set(['200 1.1']));
  expect(sockets.size).toBe(4);
  await transport.close();
  server.close();
});

test('a subgraph that cannot be reached fails all that waits for a connection', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport = openTransport((server.address() as AddressInfo).port);
  server.close();
  expect(new Set(await transport.askMany(5))).toEqual(new Set(['SUBGRAPH_UNAVAILABLE']));
  await transport.close();
});

test('a subgraph that closes connections before HTTP/2 begins is not asked again and again', async () => {
  let connections = 0;
  const server = createTlsServer({ ...own, ALPNProtocols: ['h2'] }, socket => {
    connections++;
    socket.on('error', () => {}).destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport = openTransport((server.address() as AddressInfo).port);
  expect(new Set(await transport.askMany(5))).toEqual(new Set(['SUBGRAPH_UNAVAILABLE']));
  expect(connections).toBe(1);
  await transport.close();
  server.close();
});

test('a connection that has died without a word is given up after a request on it has timed out', async () => {
  await using subgraph = await startSubgraph(stream => reply(stream));
  expect(await subgraph.ask()).toBe('200 ok');
  const { port } = (subgraph.sessions[0] as ServerHttp2Session).socket.address() as { readonly port: number };
  const wires: Socket[] = [];
  const proxy = createServer(socket => {
    const onwards = connect(port, '127.0.0.1');
    wires.push(socket, onwards);
    for (const wire of [socket, onwards]) wire.on('error', () => {});
    socket.pipe(onwards).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const transport = openTransport((proxy.address() as AddressInfo).port, { timeoutMs: 200 });
  expect(await transport.ask()).toBe('200 ok');
  for (const wire of wires) wire.unpipe().pause();
  expect(await transport.ask()).toBe('SUBGRAPH_TIMEOUT');
  await expect.poll(() => transport.ask(), { timeout: 5_000 }).toBe('200 ok');
  await transport.close();
  for (const wire of wires) wire.destroy();
  proxy.close();
});
