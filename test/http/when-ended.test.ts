import { type AddressInfo, connect } from 'node:net';
import Fastify from 'fastify';
import { expect, test, vi } from 'vitest';
import { whenEnded } from '../../src/http/when-ended.ts';
import { PATIENCE } from '../support/patience.ts';

/** Remembers with which status each request has ended; `/wait` is answered when its client is gone. */
async function listening() {
  const ended: [string, number][] = [];
  const arrived = vi.fn();
  const app = Fastify({ logger: false });
  app.get('/answered', (_request, reply) => {
    whenEnded(reply, status => ended.push(['answered', status]));
    return reply.code(201).send('ok');
  });
  app.get('/wait', async (_request, reply) => {
    whenEnded(reply, status => ended.push(['in time', status]));
    arrived();
    await new Promise(resolve => reply.raw.once('close', resolve));
    await new Promise(resolve => setImmediate(resolve));
    whenEnded(reply, status => ended.push(['too late', status]));
    return reply.send('nobody reads it');
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { port, ended, arrived, [Symbol.asyncDispose]: () => app.close() };
}

const CLOSE = 'host: gateway\r\nconnection: close\r\n\r\n';

test('an answer that was sent is told once, with its status', async () => {
  await using server = await listening();
  const client = connect(server.port, '127.0.0.1');
  client.write(`GET /answered HTTP/1.1\r\n${CLOSE}`);
  client.resume();
  await new Promise(resolve => client.once('close', resolve));
  expect(server.ended).toEqual([['answered', 201]]);
});

test('a client that has left is told once, also to who asks when it is gone', async () => {
  await using server = await listening();
  const client = connect(server.port, '127.0.0.1');
  client.write(`GET /wait HTTP/1.1\r\n${CLOSE}`);
  await vi.waitFor(() => expect(server.arrived).toHaveBeenCalled(), PATIENCE);
  client.destroy();
  await vi.waitFor(() => expect(server.ended).toHaveLength(2), PATIENCE);
  await new Promise(done => setTimeout(done, 20));
  expect(server.ended).toEqual([
    ['in time', 499],
    ['too late', 499],
  ]);
});
