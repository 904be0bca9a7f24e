import { expect, test } from 'vitest';
import { GatewayError } from '../../../../src/errors.ts';
import { NOTHING_FORWARDED } from '../../../../src/execution/fetch/forward.ts';
import type { SubgraphReply, SubgraphRequest } from '../../../../src/execution/fetch/subgraph-fetch.ts';
import { chooseTargets } from '../../../../src/execution/fetch/targets/choose-targets.ts';
import { TargetGroup } from '../../../../src/execution/fetch/targets/target-group.ts';
import { handClock } from '../../../support/test-identity.ts';

const WELL: SubgraphReply = { status: 200, headers: {}, body: Buffer.from('{}') };

/** Two targets of `a`, of which one failure ejects; the first does what the test says. */
function choosing(first: () => Promise<SubgraphReply>) {
  const clock = handClock();
  const sent: (string | undefined)[] = [];
  const group = new TargetGroup({
    places: [
      { endpoint: 'one', address: 'h:1' },
      { endpoint: 'two', address: 'h:2' },
    ],
    settings: { failures: 1, outFor: 10_000, maxOutFor: 10_000 },
    events: { ejected: () => {}, returned: () => {} },
  });
  const fetch = chooseTargets(
    ({ endpoint }) => {
      sent.push(endpoint);
      return endpoint === 'one' ? first() : Promise.resolve(WELL);
    },
    { choices: new Map([['a', { group, timeoutMs: 1_000 }]]), clock },
  );
  return {
    group,
    sent,
    ask({ subgraph = 'a', leftMs = 1_000 } = {}): Promise<SubgraphReply> {
      const deadlineAt = clock.at + leftMs;
      const context = { deadlineAt, requestId: 'r', traceparent: null, forwarded: NOTHING_FORWARDED };
      const request: SubgraphRequest = { subgraph, operationKind: 'query', body: '{}', context };
      return fetch(request);
    },
    isOut: () => group.targets[0]?.state.kind === 'ejected',
  };
}

const failing = (code: 'SUBGRAPH_UNAVAILABLE' | 'SUBGRAPH_TIMEOUT' | 'SUBGRAPH_BAD_RESPONSE') => async () => {
  throw new GatewayError(code);
};

test.each([
  ['no connection', failing('SUBGRAPH_UNAVAILABLE'), true],
  ['a timeout', failing('SUBGRAPH_TIMEOUT'), true],
  ['a status of 503', async () => ({ ...WELL, status: 503 }), true],
  ['a status of 401', async () => ({ ...WELL, status: 401 }), false],
  ['an answer that cannot be read', failing('SUBGRAPH_BAD_RESPONSE'), false],
])('%s is a failure or is none', async (_, first, isFailure) => {
  const { ask, isOut } = choosing(first);
  await ask().catch(() => {});
  expect(isOut()).toBe(isFailure);
});

test('a target is not blamed for a timeout if hardly any time was left', async () => {
  const { ask, isOut, sent } = choosing(failing('SUBGRAPH_TIMEOUT'));
  await ask({ leftMs: 99 }).catch(() => {});
  expect(isOut()).toBe(false);
  await ask();
  await ask({ leftMs: 100 }).catch(() => {});
  expect(isOut()).toBe(true);
  await ask();
  expect(sent).toEqual(['one', 'two', 'one', 'two']);
});

test('what ends in whatever way is in flight no longer', async () => {
  const { ask, group } = choosing(async () => {
    throw new TypeError('a bug');
  });
  const asked = [ask(), ask()];
  expect(group.targets.map(({ pending }) => pending)).toEqual([1, 1]);
  await Promise.allSettled(asked);
  expect(group.targets.map(({ pending }) => pending)).toEqual([0, 0]);
});

test('a subgraph with one URL is left alone', async () => {
  const { ask, sent } = choosing(async () => WELL);
  await ask({ subgraph: 'b' });
  expect(sent).toEqual([undefined]);
});
