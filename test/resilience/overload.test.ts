import { type AddressInfo, connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { type Respond, sendJson } from '../support/fake-subgraph.ts';
import { PATIENCE } from '../support/patience.ts';
import { graphqlRequest, startGateway } from '../support/start-gateway.ts';

type Overload = NonNullable<NonNullable<GatewayConfigInput['server']>['overload']>;

/** A listening gateway of three personas whose subgraph answers when it is told to. */
async function startBusy(overload: Overload) {
  const held: (() => void)[] = [];
  const respond: Respond = (_seen, response) => {
    held.push(() => sendJson(response, { data: { slow: 'here', write: 'done' } }));
  };
  const clock = { ahead: 0, now: systemClock.now, elapsed: () => systemClock.elapsed() + clock.ahead };
  const persona = (name: string, priority: number) => ({ match: { clients: [{ name }] }, priority });
  const gateway = await startGateway({
    clock,
    config: {
      server: { overload: { maxLag: '10s', ...overload }, batching: { maxOperations: 10 } },
      personas: { admin: persona('admin', 90), web: persona('web', 60), crawler: persona('crawler', 0) },
      execution: { sharing: { operations: false, fetches: false }, replay: '0B' },
    },
    subgraphs: { slow: { typeDefs: 'type Query { slow: String } type Mutation { write: String }', respond } },
  });
  const { app, admin } = gateway.gateway;
  await app.listen({ host: '127.0.0.1', port: 0 });
  await admin.listen({ host: '127.0.0.1', port: 0 });
  const portOf = ({ server }: typeof app): number => (server.address() as AddressInfo).port;
  const post = (as: string, body: unknown): Promise<Response> =>
    fetch(`http://127.0.0.1:${portOf(app)}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'graphql-client-name': as },
      body: JSON.stringify(body),
    });
  const ask = async (as: string, query = '{ slow }') => {
    const response = await post(as, { query });
    const { data, errors } = (await response.json()) as {
      data?: unknown;
      errors?: { extensions: { code: string } }[];
    };
    return { status: response.status, says: errors?.[0]?.extensions.code ?? data, headers: response.headers };
  };
  /** Asks so many times, and resolves when all of it has reached the subgraph. */
  const keepBusy = async (as: string, count: number): Promise<readonly ReturnType<typeof ask>[]> => {
    const before = held.length;
    const answers = Array.from({ length: count }, () => ask(as));
    await vi.waitFor(() => expect(held).toHaveLength(before + count), PATIENCE);
    return answers;
  };
  const answerAll = (): void => {
    for (const answer of held.splice(0)) answer();
  };
  /** As a client of its own: one that `fetch` gives up leaves a connection open that nothing is sent on. */
  const askAndLeave = async (
    query: string,
    how: 'destroy' | 'resetAndDestroy' = 'destroy',
  ): Promise<void> => {
    const body = JSON.stringify({ query });
    const head = ['POST /graphql HTTP/1.1', 'host: gateway', 'graphql-client-name: admin'];
    const type = ['content-type: application/json', `content-length: ${body.length}`];
    const client = connect(portOf(app), '127.0.0.1');
    client.write([...head, ...type, '', body].join('\r\n'));
    await vi.waitFor(() => expect(held).toHaveLength(1), PATIENCE);
    client[how]();
  };
  const untilServed = (): Promise<void> =>
    vi.waitFor(async () => {
      let isOver = false;
      const answer = ask('admin').finally(() => {
        isOver = true;
      });
      // Who is refused does not get there.
      await vi.waitFor(() => expect(held.length === 1 || isOver).toBe(true), PATIENCE);
      answerAll();
      expect(await answer).toMatchObject(HERE);
    }, PATIENCE);
  return {
    gateway,
    clock,
    held,
    post,
    ask,
    keepBusy,
    answerAll,
    askAndLeave,
    untilServed,
    /** Of the listener for clients, the one for operators, and whether the process is alive. */
    health: () =>
      Promise.all(
        [
          [app, 'ready'],
          [admin, 'ready'],
          [app, 'live'],
          [admin, 'live'],
        ].map(
          async ([at, what]) =>
            (await fetch(`http://127.0.0.1:${portOf(at as typeof app)}/health/${what}`)).status,
        ),
      ),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

const HERE = { status: 200, says: { slow: 'here' } };
const REFUSED = { status: 503, says: 'OVERLOADED' };

test('the lowest persona is refused first and the highest last, and all are served again when there is room', async () => {
  await using busy = await startBusy({ maxRequests: 10, retryAfter: '2500ms' });
  const { ask, keepBusy, answerAll, gateway } = busy;
  const waiting = [...(await keepBusy('admin', 6)), ...(await keepBusy('crawler', 1))];
  const refused = await ask('crawler');
  expect(refused).toMatchObject(REFUSED);
  expect(refused.headers.get('retry-after')).toBe('3');
  expect(refused.headers.get('cache-control')).toBe('no-store');
  waiting.push(...(await keepBusy('web', 2)));
  expect(await ask('web')).toMatchObject(REFUSED);
  waiting.push(...(await keepBusy('admin', 1)));
  expect(await ask('admin')).toMatchObject(REFUSED);
  expect(gateway.requestCount()).toBe(10);

  answerAll();
  for (const answer of waiting) expect(await answer).toMatchObject(HERE);
  const again = await keepBusy('crawler', 7);
  answerAll();
  for (const answer of again) expect(await answer).toMatchObject(HERE);
  const { body: metrics } = await gateway.gateway.admin.inject('/metrics');
  for (const persona of ['crawler', 'web', 'admin'])
    expect(metrics).toContain(`weir_overload_shed_total{persona="${persona}"} 1`);
});

test('readiness is off until a second after the last refusal, liveness never is, and two lines of the log say so', async () => {
  await using busy = await startBusy({ maxRequests: 1 });
  const { ask, keepBusy, answerAll, health, clock, gateway } = busy;
  expect(await health()).toEqual([200, 200, 200, 200]);
  const waiting = await keepBusy('admin', 1);
  for (let i = 0; i < 3; i++) expect(await ask('web')).toMatchObject(REFUSED);
  expect(await health()).toEqual([503, 503, 200, 200]);
  answerAll();
  await Promise.all(waiting);
  expect(await health()).toEqual([503, 503, 200, 200]);
  clock.ahead += 1_000;
  await vi.waitFor(async () => expect(await health()).toEqual([200, 200, 200, 200]), PATIENCE);
  const told = gateway.log.filter(({ message }) => message.includes('overloaded'));
  expect(told.map(({ level, fields }) => [level, fields])).toEqual([
    ['warn', expect.objectContaining({ persona: 'web', inFlight: 1 })],
    ['info', expect.objectContaining({ refused: { web: 3 } })],
  ]);
  expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a refusal has the form that the client accepts, also where it sends what is no operation', async () => {
  await using busy = await startBusy({ maxRequests: 1 });
  await busy.keepBusy('admin', 1);
  const response = await busy.gateway.handle(
    graphqlRequest(
      { query: '{ {' },
      { accept: 'application/graphql-response+json', 'graphql-client-name': 'web' },
    ),
  );
  expect(response.status).toBe(503);
  expect(response.headers.get('content-type')).toContain('application/graphql-response+json');
  const { errors } = (await response.json()) as { errors: unknown };
  expect(errors).toMatchObject([{ extensions: { code: 'OVERLOADED' } }]);
  busy.answerAll();
});

test.each(['destroy', 'resetAndDestroy'] as const)('a client that leaves makes room (%s)', async how => {
  await using busy = await startBusy({ maxRequests: 1 });
  await busy.askAndLeave('{ slow }', how);
  busy.held.splice(0);
  await busy.untilServed();
});

test('what a client that left wanted changed takes room until it is done', async () => {
  await using busy = await startBusy({ maxRequests: 1 });
  await busy.askAndLeave('mutation { write }');
  await new Promise(done => setTimeout(done, 50));
  expect(await busy.ask('admin')).toMatchObject(REFUSED);
  busy.answerAll();
  await busy.untilServed();
});

test('a batch is one request, and is refused as a whole', async () => {
  await using busy = await startBusy({ maxRequests: 2 });
  const { post, ask, keepBusy, answerAll, held } = busy;
  const batch = Array.from({ length: 5 }, (_, index) => ({ query: `{ a${index}: slow }` }));
  const first = post('admin', batch);
  await vi.waitFor(() => expect(held).toHaveLength(5), PATIENCE);
  const [second] = await keepBusy('admin', 1);
  const refused = await post('admin', batch);
  expect([refused.status, await refused.json()]).toMatchObject([
    503,
    { errors: [{ extensions: { code: 'OVERLOADED' } }] },
  ]);
  answerAll();
  expect((await first).status).toBe(200);
  expect(await second).toMatchObject(HERE);
  const [third] = await keepBusy('admin', 1);
  answerAll();
  expect(await third).toMatchObject(HERE);
  expect(await ask('admin', '{')).toMatchObject({ says: 'GRAPHQL_PARSE_FAILED' });
});

test('requests that end in errors of any kind make room', async () => {
  await using busy = await startBusy({ maxRequests: 1 });
  const { post, keepBusy, answerAll, gateway } = busy;
  const failing: [unknown, number][] = [
    [{ query: '{ {' }, 200],
    [{ query: '{ unknown }' }, 200],
    [{}, 400],
    [[], 400],
    [7, 400],
  ];
  for (const [body, status] of failing) expect((await post('admin', body)).status).toBe(status);
  const unacceptable = await gateway.handle(
    graphqlRequest({ query: '{ slow }' }, { accept: 'image/png', 'graphql-client-name': 'admin' }),
  );
  expect(unacceptable.status).toBe(406);
  const [answer] = await keepBusy('admin', 1);
  answerAll();
  expect(await answer).toMatchObject(HERE);
});

test('an event loop that is late for some time refuses everybody, though nothing is in flight', async () => {
  await using busy = await startBusy({ maxLag: '50ms' });
  const { ask, gateway } = busy;
  await vi.waitFor(async () => {
    for (let i = 0; i < 2; i++) {
      const until = performance.now() + 300;
      while (performance.now() < until);
      await new Promise(done => setTimeout(done, 1));
    }
    expect(await ask('admin')).toMatchObject(REFUSED);
  }, PATIENCE);
  expect(gateway.requestCount()).toBe(0);
  await busy.untilServed();
});
