import { expect, test } from 'vitest';
import { toExecutionErrors } from '../../src/execution/execution-error.ts';
import { NOTHING_FORWARDED } from '../../src/execution/fetch/forward.ts';
import { logFailures } from '../../src/execution/fetch/log.ts';
import type { SubgraphReply } from '../../src/execution/fetch/subgraph-fetch.ts';
import { failureOfFetch } from '../../src/execution/run/record-failures.ts';
import { renderAnswer } from '../../src/http/render-answer.ts';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { startGateway } from '../support/start-gateway.ts';

const SUBGRAPHS = { a: { typeDefs: 'type Query { x: Int }', resolvers: { Query: { x: () => 1 } } } };

test('why a subgraph cannot be reached is in the log, and in no answer', async () => {
  const gone = await startFakeSubgraph(SUBGRAPHS.a);
  await gone[Symbol.asyncDispose]();
  await using gateway = await startGateway({
    subgraphs: SUBGRAPHS,
    config: { execution: { subgraphs: { a: { url: gone.url } } } },
  });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const answer = await gateway.ask('{ x }', {}, { 'x-request-id': 'the-request', traceparent });
  expect(JSON.stringify(answer)).not.toContain('ECONNREFUSED');
  expect(gateway.log.filter(({ level }) => level === 'warn')).toEqual([
    {
      level: 'warn',
      message: 'a request to a subgraph failed',
      fields: {
        subgraph: 'a',
        code: 'SUBGRAPH_UNAVAILABLE',
        reason: expect.stringContaining('ECONNREFUSED'),
        requestId: 'the-request',
        traceId,
      },
    },
  ]);
});

test('a subgraph that is down is told of once a second, not once a request', async () => {
  const lines: object[] = [];
  const drop = (): void => {};
  const logger = { debug: drop, info: drop, error: drop, warn: (fields: object) => void lines.push(fields) };
  const clock = { at: 0, now: () => clock.at, elapsed: () => clock.at };
  const down = (): Promise<SubgraphReply> =>
    Promise.resolve({ status: 503, headers: {}, body: Buffer.from('private') });
  const ask = logFailures(down, { logger, clock });
  const context = { deadlineAt: 1_000, requestId: 'r', traceparent: null, forwarded: NOTHING_FORWARDED };
  for (const [at, subgraph] of [
    [0, 'a'],
    [10, 'a'],
    [20, 'b'],
    [999, 'a'],
    [1_000, 'a'],
  ] as const) {
    clock.at = at;
    await ask({ subgraph, operationKind: 'query', body: '{}', context });
  }
  expect(lines).toMatchObject([{ subgraph: 'a' }, { subgraph: 'b' }, { subgraph: 'a' }]);
  expect(JSON.stringify(lines)).not.toContain('private');
});

test('an internal error in a fetch reaches the log as what it was', () => {
  const bug = new TypeError('x is not a function');
  const failure = failureOfFetch(bug, 'a');
  const { errors } = renderAnswer({
    data: '{}',
    errors: toExecutionErrors([{ path: ['x'], failure }]),
    served: [],
    cost: 0,
    calls: [],
  });
  expect(errors[0]?.originalError).toBe(bug);
  expect(JSON.stringify(errors)).not.toContain('not a function');
});

test.each([
  [301, {}, '', /status 301; .* not followed/],
  [
    404,
    { 'content-type': 'text/html; charset=utf-8' },
    '<html>secret',
    /status 404, and no JSON object \(text\/html\)/,
  ],
  [204, {}, '', /status 204, and nothing/],
  [200, {}, '[{"data":null}]', /no JSON object \(without a content-type\)/],
])(
  'a reply of status %i that can be no GraphQL response is told of',
  async (status, headers, body, reason) => {
    await using gateway = await startGateway({
      subgraphs: {
        a: {
          ...SUBGRAPHS.a,
          respond: (_seen, response) => void response.writeHead(status, headers).end(body),
        },
      },
    });
    const answer = await gateway.ask('{ x }');
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'SUBGRAPH_BAD_RESPONSE' } }] });
    const told = gateway.log.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
    expect(told).toMatchObject([
      { subgraph: 'a', code: 'SUBGRAPH_BAD_RESPONSE', reason: expect.stringMatching(reason) },
    ]);
    expect(JSON.stringify(told)).not.toContain('secret');
  },
);

test('a reply that is a GraphQL response is not, whatever its status and its spaces', async () => {
  await using gateway = await startGateway({
    subgraphs: {
      a: {
        ...SUBGRAPHS.a,
        respond: (_seen, response) => void response.writeHead(400).end('\n {"data":{"x":1}}'),
      },
    },
  });
  expect(await gateway.ask('{ x }')).toEqual({ data: { x: 1 } });
  expect(gateway.log.filter(({ level }) => level === 'warn')).toEqual([]);
});

test('the message of a subgraph that clients are not shown is in the log, once a second', async () => {
  const errors = [{ message: `no table ${'x'.repeat(1_000)}`, path: ['x'], extensions: { code: 'DB' } }];
  await using gateway = await startGateway({
    subgraphs: {
      a: {
        ...SUBGRAPHS.a,
        respond: (_seen, response) => void response.end(JSON.stringify({ data: null, errors })),
      },
    },
  });
  expect(JSON.stringify([await gateway.ask('{ x }'), await gateway.ask('{ y: x }')])).not.toContain(
    'no table',
  );
  const told = gateway.log.filter(({ message }) => message.startsWith('a subgraph reported an error'));
  expect(told).toHaveLength(1);
  expect(told[0]?.fields).toMatchObject({
    subgraph: 'a',
    code: 'DB',
    path: ['x'],
    reason: expect.stringMatching(/^no table x/),
  });
  expect(JSON.stringify(told).length).toBeLessThan(800);
});

test('a message that clients are shown is not', async () => {
  const errors = [{ message: 'no such thing', path: ['x'], extensions: { code: 'NOT_FOUND' } }];
  await using gateway = await startGateway({
    subgraphs: {
      a: {
        ...SUBGRAPHS.a,
        respond: (_seen, response) => void response.end(JSON.stringify({ data: null, errors })),
      },
    },
  });
  expect(JSON.stringify(await gateway.ask('{ x }'))).toContain('no such thing');
  expect(JSON.stringify(gateway.log)).not.toContain('no such thing');
});
