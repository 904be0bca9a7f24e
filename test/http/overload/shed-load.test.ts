import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import Fastify from 'fastify';
import { expect, test, vi } from 'vitest';
import type { Visit } from '../../../src/http/audience.ts';
import type { Serve } from '../../../src/http/graphql-route.ts';
import { shedLoad } from '../../../src/http/overload/shed-load.ts';
import { createGate } from '../../support/gate.ts';
import { PATIENCE } from '../../support/patience.ts';

/** Counts, and lets everybody in. */
function countingLoad() {
  const counts = {
    entered: 0,
    left: 0,
    enter: () => ++counts.entered > 0,
    leave: () => void counts.left++,
  };
  return counts;
}

const VISIT = { audience: { persona: {} } } as Visit;

/** A route that serves so, once `identified`. */
async function listening(serve: Serve, identified: () => Promise<void> = async () => {}) {
  const load = countingLoad();
  const shed = shedLoad(serve, load, 1_000);
  const app = Fastify({ logger: false });
  const arrived = vi.fn();
  const gone = vi.fn();
  app.get('/', async (_request, reply) => {
    arrived();
    reply.raw.once('close', gone);
    await identified();
    return shed(reply, VISIT);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { load, arrived, gone, port, [Symbol.asyncDispose]: () => app.close() };
}

/** Sends a request and gives the means to leave. */
function ask(port: number): { leave(): void } {
  const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: gateway\r\n\r\n'));
  return { leave: () => socket.destroy() };
}

test('a request that is answered leaves once, and so does one that fails', async () => {
  await using app = await listening(async reply => {
    if (app.load.entered === 2) throw new Error('broken');
    return reply.send('ok');
  });
  for (const status of [200, 500]) expect((await fetch(`http://127.0.0.1:${app.port}/`)).status).toBe(status);
  await vi.waitFor(() => expect(app.load).toMatchObject({ entered: 2, left: 2 }), PATIENCE);
});

test('work that goes on after its client has left counts until it ends', async () => {
  const { opened, open } = createGate();
  await using app = await listening(async reply => {
    await opened;
    return reply.send('late');
  });
  const client = ask(app.port);
  await vi.waitFor(() => expect(app.load.entered).toBe(1), PATIENCE);
  client.leave();
  await vi.waitFor(() => expect(app.gone).toHaveBeenCalled(), PATIENCE);
  expect(app.load.left).toBe(0);
  open();
  await vi.waitFor(() => expect(app.load.left).toBe(1), PATIENCE);
});

test('an answer that is still being read counts until it has been, or its reader has left', async () => {
  await using app = await listening(async reply => reply.send(Buffer.alloc(64 * 1024 ** 2)));
  const client = ask(app.port);
  await vi.waitFor(() => expect(app.load.entered).toBe(1), PATIENCE);
  await new Promise(done => setTimeout(done, 50));
  expect(app.load.left).toBe(0);
  client.leave();
  await vi.waitFor(() => expect(app.load.left).toBe(1), PATIENCE);
});

test('a client that left while it was not known who it is leaves nothing behind', async () => {
  const { opened, open } = createGate();
  await using app = await listening(
    async reply => reply.send('nobody reads it'),
    () => opened,
  );
  const client = ask(app.port);
  await vi.waitFor(() => expect(app.arrived).toHaveBeenCalled(), PATIENCE);
  client.leave();
  await vi.waitFor(() => expect(app.gone).toHaveBeenCalled(), PATIENCE);
  open();
  await vi.waitFor(() => expect(app.load).toMatchObject({ entered: 1, left: 1 }), PATIENCE);
});
