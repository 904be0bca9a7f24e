import type { ApolloServerPlugin } from '@apollo/server';
import { expect, test } from 'vitest';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { createGateway } from '../../src/gateway.ts';
import type { RequestContext } from '../../src/http/request-context.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { staticSupergraph } from '../../src/supergraph/static-supergraph.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { composeSupergraph } from '../support/compose.ts';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { graphqlRequest } from '../support/start-gateway.ts';

interface PluggedGateway extends AsyncDisposable {
  readonly errors: { fields: object; message: string }[];
  /** Text of the answer. */
  ask(query: string): Promise<string>;
}

async function startWith(plugin: ApolloServerPlugin<RequestContext>): Promise<PluggedGateway> {
  const typeDefs = 'type Query { x: Int }';
  const fake = await startFakeSubgraph({ typeDefs, resolvers: { Query: { x: () => 1 } } });
  const errors: { fields: object; message: string }[] = [];
  const ignore = (): void => {};
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields, message) => void errors.push({ fields, message }),
  };
  const gateway = await createGateway({
    folder: '.',
    config: parseConfig(gatewayConfig, {}, 'test config'),
    manager: staticSupergraph(composeSupergraph([{ name: 'a', url: fake.url, typeDefs }])),
    logger,
    metrics: createMetrics(),
    clock: systemClock,
    plugins: [plugin],
  });
  return {
    errors,
    ask: async query => (await gateway.handle(graphqlRequest({ query }, { 'x-request-id': 'r-1' }))).text(),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await fake[Symbol.asyncDispose]();
    },
  };
}

test('a plugin sees every step of a request in its order', async () => {
  const seen: string[] = [];
  await using gateway = await startWith({
    async requestDidStart({ request, contextValue }) {
      seen.push(`started ${request.query} ${contextValue.id}`);
      return {
        async didResolveSource({ source }) {
          seen.push(`source ${source}`);
        },
        async parsingDidStart() {
          seen.push('parsing');
        },
        async validationDidStart() {
          seen.push('validating');
        },
        async didResolveOperation({ operation }) {
          seen.push(`resolved ${operation?.operation}`);
        },
        async executionDidStart() {
          seen.push('executing');
        },
        async willSendResponse({ response }) {
          seen.push(`sending ${JSON.stringify(response.body)}`);
        },
      };
    },
  });
  expect(await gateway.ask('{ x }')).toBe('{"data":{"x":1}}');
  expect(seen).toEqual([
    'started { x } r-1',
    'source { x }',
    'parsing',
    'validating',
    'resolved query',
    'executing',
    'sending {"kind":"single","singleResult":{"data":{"x":1}}}',
  ]);
});

test('a plugin adds extensions to an answer', async () => {
  await using gateway = await startWith({
    async requestDidStart() {
      return {
        async willSendResponse({ response }) {
          if (response.body.kind === 'single') response.body.singleResult.extensions = { cost: 3 };
        },
      };
    },
  });
  expect(await gateway.ask('{ x }')).toBe('{"data":{"x":1},"extensions":{"cost":3}}');
});

test('a plugin replaces the data of an answer', async () => {
  await using gateway = await startWith({
    async requestDidStart() {
      return {
        async willSendResponse({ response }) {
          if (response.body.kind === 'single') response.body.singleResult.data = { x: 'replaced' };
        },
      };
    },
  });
  expect(await gateway.ask('{ x }')).toBe('{"data":{"x":"replaced"}}');
});

test('a plugin answers instead of the subgraphs', async () => {
  await using gateway = await startWith({
    async requestDidStart() {
      return {
        responseForOperation: async ({ response }) => ({
          http: response.http,
          body: { kind: 'single', singleResult: { data: { x: 7 } } },
        }),
      };
    },
  });
  expect(await gateway.ask('{ x }')).toBe('{"data":{"x":7}}');
});

const BROKEN = new Error('the database password is hunter2');

test.each<[string, ApolloServerPlugin<RequestContext>]>([
  ['at the start', { requestDidStart: () => Promise.reject(BROKEN) }],
  [
    'before execution',
    { requestDidStart: async () => ({ didResolveOperation: () => Promise.reject(BROKEN) }) },
  ],
  ['at the end', { requestDidStart: async () => ({ willSendResponse: () => Promise.reject(BROKEN) }) }],
])('a plugin that fails %s leaves one line in the log and nothing in the answer', async (_when, plugin) => {
  await using gateway = await startWith(plugin);
  const answer = await gateway.ask('{ x }');
  expect(JSON.parse(answer)).toMatchObject({
    errors: [{ message: 'Internal server error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
  const fields = { err: BROKEN, requestId: 'r-1', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) };
  expect(gateway.errors).toEqual([{ fields, message: 'request failed' }]);
});
