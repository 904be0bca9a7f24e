import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { retryConfig } from '../../../src/config/traffic.ts';
import { GatewayError } from '../../../src/errors.ts';
import { CallBudget } from '../../../src/execution/fetch/call-budget.ts';
import { compileForwarding } from '../../../src/execution/fetch/forward.ts';
import { retryFetches } from '../../../src/execution/fetch/retry.ts';
import type { SubgraphRequest } from '../../../src/execution/fetch/subgraph-fetch.ts';
import { Cancellation } from '../../../src/shared/cancellation.ts';
import { replyOf, scriptedFetch, subgraphRequest } from './scripted-fetch.ts';

const DOWN = new GatewayError('SUBGRAPH_UNAVAILABLE');

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

function retrying(settings: object = {}, budget: Partial<{ share: number; floor: number }> = {}) {
  const { next, sent } = scriptedFetch();
  const retried: string[] = [];
  const started = Date.now();
  const clock = { now: () => Date.now(), elapsed: () => Date.now() - started };
  const policy = {
    config: retryConfig.parse(settings),
    budget: new CallBudget({ share: 1, floor: 10, ...budget }),
  };
  const ask = retryFetches(next, {
    policies: new Map([['a', policy]]),
    clock,
    random: () => 1,
    onRetry: (subgraph, reason) => void retried.push(`${subgraph} ${reason}`),
  });
  return { ask, sent, retried, clock };
}

describe('a request to a subgraph is sent again', () => {
  test.each([
    ['connections that fail', DOWN, 'SUBGRAPH_UNAVAILABLE'],
    ['timeouts', new GatewayError('SUBGRAPH_TIMEOUT'), 'SUBGRAPH_TIMEOUT'],
    ['502', replyOf(502), '502'],
    ['503', replyOf(503), '503'],
    ['504', replyOf(504), '504'],
    ['429 that says when to come back', replyOf(429, { 'retry-after': '0' }), '429'],
  ])('after %s', async (_, end, reason) => {
    const { ask, sent, retried } = retrying();
    const request = subgraphRequest();
    const answer = ask(request);
    if (end instanceof Error) sent[0]?.reject(end);
    else sent[0]?.resolve(end);
    await vi.advanceTimersByTimeAsync(25);
    expect(sent).toHaveLength(2);
    sent[1]?.resolve(replyOf(200));
    expect(await answer).toMatchObject({ status: 200 });
    expect(retried).toEqual([`a ${reason}`]);
    expect(request.retries).toBe(1);
  });

  test.each([
    ['500, which may have done something', replyOf(500)],
    ['429 that says nothing more', replyOf(429)],
    ['400', replyOf(400)],
    ['an answer that cannot be read', new GatewayError('SUBGRAPH_BAD_RESPONSE')],
    ['a client that left', new GatewayError('REQUEST_CANCELLED')],
    ['a Retry-After that is longer than the longest wait', replyOf(503, { 'retry-after': '2' })],
    [
      'a date that is further away',
      replyOf(503, { 'retry-after': new Date(1_700_000_002_000).toUTCString() }),
    ],
  ])('not after %s', async (_, end) => {
    const { ask, sent } = retrying();
    const answer = ask(subgraphRequest()).catch((error: unknown) => error);
    if (end instanceof Error) sent[0]?.reject(end);
    else sent[0]?.resolve(end);
    expect(await answer).toBe(end);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toHaveLength(1);
  });

  test('after waits that double up to the longest, and as often as is said', async () => {
    const { ask, sent, clock } = retrying({ attempts: 5, backoff: '100ms', maxBackoff: '300ms' });
    const at: number[] = [];
    const answer = ask(subgraphRequest()).catch((error: unknown) => error);
    for (let attempt = 0; attempt < 5; attempt++) {
      at.push(clock.elapsed());
      sent[attempt]?.reject(DOWN);
      await vi.advanceTimersToNextTimerAsync();
    }
    expect(at).toEqual([0, 100, 300, 600, 900]);
    expect(await answer).toBe(DOWN);
    expect(sent).toHaveLength(5);
  });

  test('not before the subgraph says, in seconds or as a date', async () => {
    for (const value of ['1', new Date(1_700_000_001_000).toUTCString()]) {
      vi.setSystemTime(1_700_000_000_000);
      const { ask, sent } = retrying();
      void ask(subgraphRequest());
      sent[0]?.resolve(replyOf(503, { 'retry-after': value }));
      await vi.advanceTimersByTimeAsync(999);
      expect(sent).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(sent).toHaveLength(2);
    }
  });

  test('never past the deadline', async () => {
    const { ask, sent } = retrying({ backoff: '100ms' });
    const answer = ask(subgraphRequest({}, { deadlineAt: 100 })).catch((error: unknown) => error);
    sent[0]?.reject(DOWN);
    expect(await answer).toBe(DOWN);
  });

  test('never while one of its breakers is not closed', async () => {
    const { ask, sent } = retrying();
    const guard = { isClosed: () => false } as NonNullable<SubgraphRequest['guard']>;
    const answer = ask(subgraphRequest({ guard })).catch((error: unknown) => error);
    sent[0]?.reject(DOWN);
    expect(await answer).toBe(DOWN);
  });

  test('not when its client leaves while it waits', async () => {
    const { ask, sent } = retrying({ backoff: '1s' });
    const cancel = new Cancellation();
    const answer = ask(subgraphRequest({}, { cancel })).catch((error: unknown) => error);
    sent[0]?.reject(DOWN);
    await vi.advanceTimersByTimeAsync(10);
    cancel.cancel();
    expect(await answer).toMatchObject({ code: 'REQUEST_CANCELLED' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sent).toHaveLength(1);
  });
});

describe('mutations', () => {
  const forward = compileForwarding(
    new Map([
      ['a', { identity: false, headers: { request: [{ propagate: { name: 'Idempotency-Key' } }] } }],
    ]) as never,
  );
  const withKey = (headers: Record<string, string>) =>
    forward({
      facts: { subject: null, roles: new Set(), tenant: null, persona: null, claims: {} } as never,
      headers,
    });

  test.each([
    [undefined, { 'idempotency-key': 'k' }, 1],
    ['Idempotency-Key', {}, 1],
    ['Idempotency-Key', { 'idempotency-key': 'k' }, 2],
  ] as const)(
    'with the rule %s and the headers %o are sent %i times',
    async (mutationsWith, headers, times) => {
      const { ask, sent } = retrying(mutationsWith === undefined ? {} : { mutationsWith });
      const request = subgraphRequest({ operationKind: 'mutation' }, { forwarded: withKey(headers) });
      ask(request).catch(() => {});
      sent[0]?.reject(DOWN);
      await vi.advanceTimersByTimeAsync(100);
      expect(sent).toHaveLength(times);
    },
  );
});

describe('retries are no storm', () => {
  test('a subgraph that is down gets a fifth more than it is asked, and no less than the floor', async () => {
    const { ask, sent } = retrying(
      { attempts: 10, backoff: '1ms', maxBackoff: '1ms' },
      { share: 0.2, floor: 0 },
    );
    for (let i = 0; i < 1_000; i++) ask(subgraphRequest()).catch(() => {});
    for (let i = 0; i < sent.length; i++) {
      sent[i]?.reject(DOWN);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(sent).toHaveLength(1_200);
  });

  test('the budget forgets calls and retries of more than ten seconds ago', () => {
    const budget = new CallBudget({ share: 0.1, floor: 0 });
    for (let i = 0; i < 20; i++) budget.called(500);
    expect([budget.take(600), budget.take(700), budget.take(800)]).toEqual([true, true, false]);
    expect(budget.take(9_900)).toBe(false);
    for (let i = 0; i < 10; i++) budget.called(10_500);
    expect([budget.take(10_500), budget.take(10_500)]).toEqual([true, false]);
    expect(budget.take(60_000)).toBe(false);
  });

  test('a floor allows a few where there is hardly any traffic', () => {
    const budget = new CallBudget({ share: 0.2, floor: 2 });
    budget.called(0);
    expect(Array.from({ length: 21 }, () => budget.take(0)).filter(Boolean)).toHaveLength(20);
  });
});
