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
  const answer = await gateway.ask('{ x }', {}, { 'x-request-id': 'the-request' });
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
