import { type AddressInfo, connect } from 'node:net';
import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import type { RequestContext } from '../../src/http/request-context.ts';
import type { Respond, RunningFake } from '../support/fake-subgraph.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { type Limited, post, startLimited } from './limited-graph.ts';

const CAPACITY = 100;

/** One budget for everybody; what it holds does not come back while a test runs, as the clock stands still. */
const BUDGET: GatewayConfigInput = {
  policy: { rateLimit: { limits: { points: { limit: CAPACITY, by: [], spend: 'cost' } } } },
};

/** What is left, by what somebody is told who asks for too much: a refusal spends nothing. */
async function left(gateway: Pick<Limited, 'handle'>): Promise<number> {
  const { headers } = await post(gateway, '{ users(first: 1000) { id } }', {
    headers: { 'graphql-client-name': 'probe' },
  });
  return Number(/;r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
}

/** A subgraph that answers when it is told to. */
function hold(subgraph: RunningFake, answer: unknown) {
  const { opened, open } = createGate();
  const { opened: reached, open: reach } = createGate();
  const respond: Respond = async (_seen, response) => {
    reach();
    await opened;
    sendJson(response, answer);
  };
  subgraph.respond = respond;
  return { reached, open: () => open() };
}

const SCORES = { data: { users: [{ score: 1 }, { score: 2 }] } };
/** Estimated at 10, answered with 2 users. */
const QUERY = '{ users { score } }';

test('what was estimated too much is given back, once', async () => {
  await using gateway = await startLimited({ config: BUDGET });
  const held = hold(gateway.people, SCORES);
  const answering = post(gateway, QUERY);
  await held.reached;
  expect(await left(gateway)).toBe(CAPACITY - 10);
  held.open();
  await answering;
  expect(await left(gateway)).toBe(CAPACITY - 2);
  expect(await left(gateway)).toBe(CAPACITY - 2);
});

test('a subgraph that returns more than it was asked for is charged, into debt if need be', async () => {
  await using gateway = await startLimited({ config: BUDGET });
  gateway.people.respond = (_, response) =>
    sendJson(response, { data: { users: Array.from({ length: 130 }, () => ({ score: 1 })) } });
  expect((await post(gateway, QUERY)).data).toMatchObject({ users: { length: 130 } });
  expect(await left(gateway)).toBe(0);
  expect((await post(gateway, '{ me { score } }')).status).toBe(429);
  // A take of nothing passes, as it did above.
  expect((await post(gateway, '{ __typename }')).status).toBe(200);
});

test('a list that is estimated at no items is paid for when it has some, and by nobody in debt', async () => {
  const policy = { ...BUDGET.policy, cost: { listSizes: { 'Query.everybody': { assumedSize: 0 } } } };
  await using gateway = await startLimited({ config: { policy } });
  const answered = [];
  // 15 come each time.
  for (let i = 0; i < 8; i++) answered.push((await post(gateway, '{ everybody { score } }')).status);
  expect(answered).toEqual([200, 200, 200, 200, 200, 200, 200, 429]);
  expect(await left(gateway)).toBe(0);
  expect((await post(gateway, '{ motto }')).status).toBe(200);
  gateway.clock.at += 60_000;
  expect((await post(gateway, '{ users(first: 0) { score } }')).status).toBe(200);
  expect(await left(gateway)).toBe(CAPACITY);
});

test('nulls cost nothing', async () => {
  await using gateway = await startLimited({ config: BUDGET });
  gateway.people.respond = (_, response) => sendJson(response, { data: { me: null } });
  await post(gateway, '{ me { best { avatar } } }');
  expect(await left(gateway)).toBe(CAPACITY);
});

describe('all is given back', () => {
  const afterwards = async (
    query: string,
    config: GatewayConfigInput = {},
    plugin?: ApolloServerPlugin<RequestContext>,
  ) => {
    await using gateway = await startLimited({
      config: { ...BUDGET, ...config },
      plugins: plugin === undefined ? [] : [plugin],
    });
    const { codes } = await post(gateway, query);
    return { codes, asked: gateway.asked(), left: await left(gateway) };
  };

  test('of an operation that is not valid', async () => {
    expect(await afterwards('{ users { nonsense } }')).toEqual({
      codes: ['GRAPHQL_VALIDATION_FAILED'],
      asked: 0,
      left: CAPACITY,
    });
  });

  test('of one that the caller may not run', async () => {
    const policy = { ...BUDGET.policy, authorization: { mode: 'reject' as const } };
    expect(await afterwards('{ secret users { score } }', { policy })).toMatchObject({
      asked: 0,
      left: CAPACITY,
    });
  });

  test('of one above the ceiling', async () => {
    const personas = {
      web: { match: { default: true }, cost: { mode: 'enforce' as const, max: 9 } },
      probe: { match: { clients: [{ name: 'probe' }] } },
    };
    expect(await afterwards(QUERY, { personas })).toEqual({
      codes: ['COST_LIMIT_EXCEEDED'],
      asked: 0,
      left: CAPACITY,
    });
  });

  const throwing = (hook: 'resolve' | 'response' | 'start'): ApolloServerPlugin<RequestContext> => ({
    async requestDidStart({ request }) {
      const fail = async (): Promise<never> => {
        throw new GraphQLError('the plugin fails', { extensions: { code: 'PLUGIN' } });
      };
      if (request.query !== QUERY) return;
      if (hook === 'resolve') return { didResolveOperation: fail };
      return hook === 'response' ? { responseForOperation: fail } : { executionDidStart: fail };
    },
  });

  test('where a plugin of the user throws while limits are asked', async () => {
    expect(await afterwards(QUERY, {}, throwing('resolve'))).toEqual({
      codes: ['PLUGIN'],
      asked: 0,
      left: CAPACITY,
    });
  });

  test.each(['response', 'start'] as const)(
    'where a plugin of the user throws before execution: %s',
    async hook => {
      expect(await afterwards(QUERY, {}, throwing(hook))).toMatchObject({ asked: 0, left: CAPACITY });
    },
  );

  test('where a plugin of the user answers itself', async () => {
    const plugin: ApolloServerPlugin<RequestContext> = {
      async requestDidStart({ request }) {
        if (request.query !== QUERY) return;
        return {
          responseForOperation: async ({ response }) => ({
            http: response.http,
            body: { kind: 'single', singleResult: { data: { users: [] } } },
          }),
        };
      },
    };
    expect(await afterwards(QUERY, {}, plugin)).toEqual({ codes: [], asked: 0, left: CAPACITY });
  });
});

test('a plugin that throws when the answer is ready changes nothing of what is paid', async () => {
  const plugin: ApolloServerPlugin<RequestContext> = {
    async requestDidStart({ request }) {
      if (request.query !== QUERY) return;
      return {
        willSendResponse() {
          throw new Error('the plugin fails');
        },
      };
    },
  };
  await using gateway = await startLimited({ config: BUDGET, plugins: [plugin] });
  gateway.people.respond = (_, response) => sendJson(response, SCORES);
  expect((await post(gateway, QUERY)).status).toBe(500);
  gateway.people.respond = undefined;
  expect(await left(gateway)).toBe(CAPACITY - 2);
});

test('an operation that ran and has no answer keeps what it was estimated at', async () => {
  await using gateway = await startLimited({ config: { ...BUDGET, execution: { maxAnswer: '1KiB' } } });
  gateway.people.respond = (_, response) =>
    sendJson(response, { data: { users: [{ name: 'x'.repeat(2_000) }] } });
  const { codes } = await post(gateway, '{ users { name } }');
  expect(codes).toEqual(['DOCUMENT_LIMIT_EXCEEDED']);
  expect(await left(gateway)).toBe(CAPACITY - 10);
});

test('requests that share one execution pay for it each', async () => {
  await using gateway = await startLimited({ config: BUDGET });
  const held = hold(gateway.people, SCORES);
  const answering = [post(gateway, QUERY)];
  await held.reached;
  answering.push(post(gateway, QUERY), post(gateway, QUERY));
  // Three have taken their estimates when there is so little left.
  await expect.poll(() => left(gateway)).toBe(CAPACITY - 30);
  held.open();
  expect((await Promise.all(answering)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(gateway.asked()).toBe(1);
  expect(await left(gateway)).toBe(CAPACITY - 6);
});

test('executions that are replayed are paid for like others', async () => {
  await using gateway = await startLimited({ config: BUDGET });
  gateway.people.respond = (_, response) => sendJson(response, SCORES);
  const seen: number[] = [];
  for (let i = 0; i < 5; i++) {
    await post(gateway, QUERY);
    seen.push(await left(gateway));
  }
  expect(seen).toEqual([98, 96, 94, 92, 90]);
});

test('a client that leaves pays what was estimated: nobody knows what its work would have come to', async () => {
  await using gateway = await startLimited({ config: BUDGET });
  const { app } = gateway.gateway;
  await app.listen({ host: '127.0.0.1', port: 0 });
  const held = hold(gateway.people, SCORES);
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  const body = JSON.stringify({ query: QUERY });
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await held.reached;
  socket.resetAndDestroy();
  // The gateway has noticed.
  const connections = () => new Promise(resolve => app.server.getConnections((_, open) => resolve(open)));
  await expect.poll(connections).toBe(0);
  expect(await left(gateway)).toBe(CAPACITY - 10);
  held.open();
  await new Promise(done => setTimeout(done, 50));
  expect(await left(gateway)).toBe(CAPACITY - 10);
});

test('each operation of a batch pays for itself', async () => {
  await using gateway = await startLimited({
    config: { ...BUDGET, server: { batching: { maxOperations: 5 } } },
  });
  const request = new Request('http://gateway/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ query: QUERY }, { query: '{ me { best { score } } }' }, { query: '{ wrong }' }]),
  });
  expect(await (await gateway.handle(request)).json()).toHaveLength(3);
  expect(await left(gateway)).toBe(CAPACITY - 6);
});
