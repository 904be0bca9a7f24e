import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { NOTHING_FORWARDED } from '../../../src/execution/fetch/forward.ts';
import { createTransport, type Transport } from '../../../src/execution/fetch/transport.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { standStill } from '../../support/stand-still.ts';

const BODY = '{"data":{"a":1}}';
const ANSWER = `HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

/** Told of each request on a connection, counted from 1. */
type OnRequest = (socket: Socket, nth: number) => void;

interface Bare extends AsyncDisposable {
  readonly transport: Transport;
  /** Requests by connection. */
  readonly seen: number[];
}

/** A server of bare sockets (each chunk is one request, as ours are small) and a transport with one connection. */
async function startBare(onRequest: OnRequest, connections = 1): Promise<Bare> {
  const seen: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    const connection = seen.push(0) - 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => {
      seen[connection] = (seen[connection] ?? 0) + 1;
      onRequest(socket, seen[connection]);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const endpoint = { url, timeoutMs: 2_000, maxResponseBytes: 1_000, connections };
  const transport = createTransport(new Map([['a', endpoint]]), systemClock);
  return {
    transport,
    seen,
    async [Symbol.asyncDispose]() {
      await transport.close();
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function ask(
  bare: Pick<Bare, 'transport'>,
  operationKind: 'query' | 'mutation',
  body = '{}',
): Promise<string> {
  const context = {
    deadlineAt: systemClock.elapsed() + 2_000,
    requestId: 'r-1',
    traceparent: null,
    forwarded: NOTHING_FORWARDED,
  };
  const request = { subgraph: 'a', operationKind, body, context };
  return bare.transport.fetch(request).then(
    reply => reply.body.toString(),
    (error: { code: string }) => error.code,
  );
}

const answerOnce =
  (end: (socket: Socket) => void): OnRequest =>
  (socket, nth) => {
    if (nth === 1) socket.write(ANSWER);
    else end(socket);
  };

test.each([
  ['closes', (socket: Socket) => socket.end()],
  ['resets', (socket: Socket) => socket.resetAndDestroy()],
] as const)(
  'a query survives a subgraph that %s a kept connection when it is used again',
  async (_how, end) => {
    await using bare = await startBare(answerOnce(end));
    for (let count = 0; count < 4; count++) expect(await ask(bare, 'query')).toBe(BODY);
    expect(bare.seen).toEqual([2, 2, 2, 1]);
  },
);

test.each([
  ['closes', (socket: Socket) => socket.end()],
  ['resets', (socket: Socket) => socket.resetAndDestroy()],
] as const)('a mutation is never sent twice when a subgraph %s a kept connection', async (_how, end) => {
  await using bare = await startBare(answerOnce(end));
  expect(await ask(bare, 'mutation')).toBe(BODY);
  expect(await ask(bare, 'mutation')).toBe('SUBGRAPH_UNAVAILABLE');
  expect(bare.seen).toEqual([2]);
});

test('a query on a new connection is sent once, whatever becomes of it', async () => {
  await using bare = await startBare(socket => socket.resetAndDestroy());
  expect(await ask(bare, 'query')).toBe('SUBGRAPH_UNAVAILABLE');
  expect(bare.seen).toEqual([1]);
});

test('a query is repeated once at most', async () => {
  const open: Socket[] = [];
  await using bare = await startBare((socket, nth) => {
    if (nth > 1) {
      for (const one of open) one.resetAndDestroy();
      return;
    }
    open.push(socket);
    if (open.length === 1) socket.write(ANSWER);
    else socket.resetAndDestroy();
  });
  expect(await ask(bare, 'query')).toBe(BODY);
  expect(await ask(bare, 'query')).toBe('SUBGRAPH_UNAVAILABLE');
  expect(bare.seen).toEqual([2, 1]);
});

test('a query is not repeated once its answer has begun', async () => {
  await using bare = await startBare((socket, nth) => {
    socket.write(nth === 1 ? ANSWER : ANSWER.slice(0, -5));
    if (nth > 1) setImmediate(() => socket.resetAndDestroy());
  });
  expect(await ask(bare, 'query')).toBe(BODY);
  expect(await ask(bare, 'query')).toBe('SUBGRAPH_UNAVAILABLE');
  expect(bare.seen).toEqual([2]);
});

test('connections that the subgraph closes while they are idle are not used again', async () => {
  await using bare = await startBare(socket => {
    socket.write(ANSWER);
    socket.end();
  });
  for (let count = 0; count < 20; count++) expect(await ask(bare, 'mutation')).toBe(BODY);
});

test('requests beyond the connections wait for one', async () => {
  await using bare = await startBare(socket => socket.write(ANSWER), 2);
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(bare, 'query')));
  expect(new Set(answers)).toEqual(new Set([BODY]));
  expect(bare.seen).toHaveLength(2);
});

test('a request whose time ran out while it waited for a connection is never sent', async () => {
  let release = (): void => {};
  let asked = 0;
  await using bare = await startBare(socket => {
    if (++asked === 1) release = () => void socket.write(ANSWER);
    else socket.write(ANSWER);
  });
  const first = ask(bare, 'query');
  await expect.poll(() => bare.seen).toEqual([1]);
  const context = {
    deadlineAt: systemClock.elapsed() + 20,
    requestId: 'r-2',
    traceparent: null,
    forwarded: NOTHING_FORWARDED,
  };
  const late = { subgraph: 'a', operationKind: 'mutation', body: '{}', context } as const;
  await expect(bare.transport.fetch(late)).rejects.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' });
  release();
  expect(await first).toBe(BODY);
  expect(await ask(bare, 'query')).toBe(BODY);
  expect(asked).toBe(2);
});

test('a request whose time is over already is never sent', async () => {
  await using bare = await startBare(socket => socket.write(ANSWER));
  const context = {
    deadlineAt: systemClock.elapsed(),
    requestId: 'r-1',
    traceparent: null,
    forwarded: NOTHING_FORWARDED,
  };
  const late = { subgraph: 'a', operationKind: 'query', body: '{}', context } as const;
  await expect(bare.transport.fetch(late)).rejects.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' });
  expect(bare.seen).toEqual([]);
});

test('no timer fires before the deadline it stands for', async () => {
  await using bare = await startBare(() => {}, 40);
  const early = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const deadlineAt = systemClock.elapsed() + 5 + index / 41;
      const context = { deadlineAt, requestId: 'r-1', traceparent: null, forwarded: NOTHING_FORWARDED };
      await bare.transport
        .fetch({ subgraph: 'a', operationKind: 'query', body: '{}', context })
        .catch(() => {});
      return deadlineAt - systemClock.elapsed();
    }),
  );
  expect(early.filter(ms => ms > 0)).toEqual([]);
});

test('a subgraph without a URL is unavailable', async () => {
  await using bare = await startBare(() => {});
  const context = {
    deadlineAt: systemClock.elapsed() + 100,
    requestId: 'r-1',
    traceparent: null,
    forwarded: NOTHING_FORWARDED,
  };
  const request = { subgraph: 'other', operationKind: 'query', body: '{}', context } as const;
  await expect(bare.transport.fetch(request)).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' });
});

test('an answer that came in time is read, though this process stood still until it was over', async () => {
  // In a thread of its own, which goes on meanwhile; the second answer takes a while.
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
    const server = require('node:net').createServer(socket => {
      let nth = 0;
      socket.on('data', () => {
        parentPort.postMessage('asked');
        setTimeout(() => socket.write(workerData), nth++ === 0 ? 0 : 50);
      });
    });
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: ANSWER },
  );
  const told = () => new Promise<unknown>(done => worker.once('message', done));
  const port = await told();
  const endpoint = {
    url: `http://127.0.0.1:${port}/`,
    timeoutMs: 500,
    maxResponseBytes: 1_000,
    connections: 1,
  };
  const transport = createTransport(new Map([['a', endpoint]]), systemClock);
  try {
    const bare = { transport };
    const first = told();
    expect(await ask(bare, 'query')).toBe(BODY);
    await first;
    const asked = told();
    const answer = ask(bare, 'query');
    await asked;
    // Timers are what comes next in its loop.
    await turn();
    standStill(1_000);
    expect(await answer).toBe(BODY);
  } finally {
    await transport.close();
    await worker.terminate();
  }
});
