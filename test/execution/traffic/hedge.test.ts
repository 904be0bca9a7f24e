import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { hedgeConfig } from '../../../src/config/traffic.ts';
import { GatewayError } from '../../../src/errors.ts';
import { CallBudget } from '../../../src/execution/fetch/call-budget.ts';
import { hedgeFetches } from '../../../src/execution/fetch/hedge.ts';
import { cancellationOf } from '../../../src/execution/fetch/subgraph-fetch.ts';
import { Cancellation } from '../../../src/shared/cancellation.ts';
import { replyOf, scriptedFetch, subgraphRequest } from './scripted-fetch.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const FETCH = {};

/** After enough calls of 10 ms for their quantile to be known. */
async function hedging(budget = { share: 1, floor: 1 }) {
  const { next, sent } = scriptedFetch();
  const told: string[] = [];
  const ask = hedgeFetches(next, {
    policies: new Map([['a', { config: hedgeConfig.parse({}), budget: new CallBudget(budget) }]]),
    clock: { now: () => Date.now(), elapsed: () => Date.now() },
    onHedge: (subgraph, outcome) => void told.push(`${subgraph} ${outcome}`),
  });
  for (let i = 0; i < 32; i++) {
    const answer = ask(subgraphRequest({ fetch: FETCH }));
    await vi.advanceTimersByTimeAsync(10);
    sent[i]?.resolve(replyOf(200));
    await answer;
  }
  sent.length = 0;
  return { ask, sent, told };
}

describe('a query that takes longer than its like', () => {
  test('is sent a second time; the first answer wins and the other is cancelled', async () => {
    const { ask, sent, told } = await hedging();
    const request = subgraphRequest({ fetch: FETCH });
    const answer = ask(request);
    await vi.advanceTimersByTimeAsync(9);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
    sent[1]?.resolve(replyOf(201));
    expect(await answer).toMatchObject({ status: 201 });
    expect(sent.map(({ request: { cancel } }) => cancel?.isCancelled)).toEqual([true, false]);
    expect(told).toEqual(['a won']);
    expect(request.isHedged).toBe(true);
  });

  test('loses nothing when the second fails, or answers with a failure', async () => {
    for (const fail of ['reject', 'resolve'] as const) {
      const { ask, sent, told } = await hedging();
      const answer = ask(subgraphRequest({ fetch: FETCH }));
      await vi.advanceTimersByTimeAsync(10);
      if (fail === 'reject') sent[1]?.reject(new GatewayError('SUBGRAPH_UNAVAILABLE'));
      else sent[1]?.resolve(replyOf(503));
      await vi.advanceTimersByTimeAsync(5);
      sent[0]?.resolve(replyOf(200));
      expect(await answer).toMatchObject({ status: 200 });
      expect(told).toEqual(['a lost']);
    }
  });

  test('fails when both do, and before there is a second at once', async () => {
    const { ask, sent } = await hedging();
    const error = new GatewayError('SUBGRAPH_UNAVAILABLE');
    const early = ask(subgraphRequest({ fetch: FETCH })).catch((reason: unknown) => reason);
    sent[0]?.reject(error);
    expect(await early).toBe(error);
    const late = ask(subgraphRequest({ fetch: FETCH })).catch((reason: unknown) => reason);
    await vi.advanceTimersByTimeAsync(10);
    sent[1]?.reject(error);
    sent[2]?.reject(error);
    expect(await late).toBe(error);
  });

  test('is cancelled whole when nobody waits for it', async () => {
    const { ask, sent } = await hedging();
    const cancel = new Cancellation();
    ask(subgraphRequest({ fetch: FETCH }, { cancel })).catch(() => {});
    await vi.advanceTimersByTimeAsync(10);
    cancel.cancel();
    expect(sent.map(({ request }) => cancellationOf(request)?.isCancelled)).toEqual([true, true]);
  });

  test('is not sent twice beyond the budget', async () => {
    const { ask, sent } = await hedging({ share: 0.1, floor: 0 });
    for (let i = 0; i < 18; i++) ask(subgraphRequest({ fetch: FETCH })).catch(() => {});
    await vi.advanceTimersByTimeAsync(10);
    // Of 50 calls a tenth.
    expect(sent).toHaveLength(18 + 5);
  });
});

test.each([
  ['a mutation', { operationKind: 'mutation', fetch: FETCH }],
  ['of another fetch, of which nothing is known', { fetch: {} }],
  ['of another subgraph', { subgraph: 'b', fetch: FETCH }],
] as const)('what is %s is sent once', async (_, changes) => {
  const { ask, sent } = await hedging();
  ask(subgraphRequest(changes)).catch(() => {});
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(1);
});
