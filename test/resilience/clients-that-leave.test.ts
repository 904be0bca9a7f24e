import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { type Respond, sendJson } from '../support/fake-subgraph.ts';
import { PATIENCE } from '../support/patience.ts';
import { startGateway } from '../support/start-gateway.ts';

/** A subgraph that keeps its callers waiting until it is told to answer, and notices when they leave. */
async function startWaiting(sharing: { operations: boolean; fetches: boolean }) {
  const held: (() => void)[] = [];
  let left = 0;
  const respond: Respond = (_seen, response) => {
    response.on('close', () => {
      if (!response.writableFinished) left++;
    });
    held.push(() => sendJson(response, { data: { slow: 'here', write: 'done' } }));
  };
  const gateway = await startGateway({
    config: { execution: { sharing, replay: '0B' } },
    subgraphs: { slow: { typeDefs: 'type Query { slow: String } type Mutation { write: String }', respond } },
  });
  await gateway.gateway.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = gateway.gateway.app.server.address() as AddressInfo;
  const ask = (query: string, signal: AbortSignal | null = null) =>
    fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
      signal,
    }).then(response => response.json());
  const metric = async (name: string): Promise<number> => {
    const { body } = await gateway.gateway.admin.inject('/metrics');
    const lines = body.split('\n').filter(line => line.startsWith(name));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  return {
    gateway,
    metric,
    ask,
    held,
    left: () => left,
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

test('what a client alone was waiting for is cancelled when it leaves, and nobody logs or counts a failure', async () => {
  await using running = await startWaiting({ operations: true, fetches: true });
  const { gateway, ask, held, left } = running;
  const client = new AbortController();
  const answer = ask('{ slow }', client.signal).catch((error: unknown) => error);
  await vi.waitFor(() => expect(held).toHaveLength(1), PATIENCE);
  client.abort();
  await answer;
  await vi.waitFor(() => expect(left()).toBe(1), PATIENCE);
  expect(gateway.log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});

test.each([
  ['operation', { operations: true, fetches: false }],
  ['request to a subgraph', { operations: false, fetches: true }],
])('an %s that others wait for too goes on for them', async (_, sharing) => {
  await using running = await startWaiting(sharing);
  const { ask, held, left, metric } = running;
  const leaving = new AbortController();
  const first = ask('{ slow }', leaving.signal).catch(() => null);
  await vi.waitFor(() => expect(held).toHaveLength(1), PATIENCE);
  const second = ask('{ slow }');
  await vi.waitFor(async () => expect(await metric('weir_shared_')).toBe(1), PATIENCE);
  leaving.abort();
  await first;
  // The gateway has noticed.
  await vi.waitFor(async () => expect(await metric('http_server_active_requests')).toBe(1), PATIENCE);
  held[0]?.();
  expect(await second).toEqual({ data: { slow: 'here' } });
  expect([held.length, left()]).toEqual([1, 0]);
});

test('who comes after all have left is not given what they gave up', async () => {
  await using running = await startWaiting({ operations: true, fetches: true });
  const { ask, held, left } = running;
  const leaving = new AbortController();
  const first = ask('{ slow }', leaving.signal).catch(() => null);
  await vi.waitFor(() => expect(held).toHaveLength(1), PATIENCE);
  leaving.abort();
  await first;
  await vi.waitFor(() => expect(left()).toBe(1), PATIENCE);
  const second = ask('{ slow }');
  await vi.waitFor(() => expect(held).toHaveLength(2), PATIENCE);
  held[1]?.();
  expect(await second).toEqual({ data: { slow: 'here' } });
});

test('a mutation goes on: it may have been done already', async () => {
  await using running = await startWaiting({ operations: true, fetches: true });
  const { ask, held, left, metric } = running;
  const leaving = new AbortController();
  const answer = ask('mutation { write }', leaving.signal).catch(() => null);
  await vi.waitFor(() => expect(held).toHaveLength(1), PATIENCE);
  leaving.abort();
  await answer;
  await vi.waitFor(async () => expect(await metric('http_server_active_requests')).toBe(0), PATIENCE);
  expect(left()).toBe(0);
  held[0]?.();
});
