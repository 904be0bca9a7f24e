import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { concurrencyConfig } from '../../../src/config/traffic.ts';
import { GatewayError } from '../../../src/errors.ts';
import { AdaptiveLimit } from '../../../src/execution/fetch/adaptive-limit.ts';
import { ConcurrencyLimit, limitConcurrency } from '../../../src/execution/fetch/concurrency.ts';
import { Cancellation } from '../../../src/shared/cancellation.ts';
import { replyOf, scriptedFetch, subgraphRequest } from './scripted-fetch.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

function limited(settings: object) {
  const { next, sent } = scriptedFetch();
  const shed: string[] = [];
  const limit = new ConcurrencyLimit(concurrencyConfig.parse(settings));
  const ask = limitConcurrency(next, {
    limits: new Map([['a', limit]]),
    clock: { now: () => Date.now(), elapsed: () => Date.now() },
    onShed: subgraph => void shed.push(subgraph),
  });
  return { ask, sent, shed, limit };
}

const code = (error: unknown): string => (error as GatewayError).code;

describe('a subgraph that takes two requests at once', () => {
  test('gets the next when one has ended, whichever way, in their order', async () => {
    const { ask, sent } = limited({ max: 2 });
    const bodies = ['1', '2', '3', '4'];
    const answers = bodies.map(body => ask(subgraphRequest({ body })).catch(code));
    expect(sent.map(({ request }) => request.body)).toEqual(['1', '2']);
    sent[1]?.reject(new GatewayError('SUBGRAPH_TIMEOUT'));
    await vi.advanceTimersByTimeAsync(1);
    expect(sent.map(({ request }) => request.body)).toEqual(['1', '2', '3']);
    sent[0]?.resolve(replyOf(200));
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(4);
    sent[2]?.resolve(replyOf(200));
    sent[3]?.resolve(replyOf(200));
    expect(await Promise.all(answers)).toEqual([
      replyOf(200),
      'SUBGRAPH_TIMEOUT',
      replyOf(200),
      replyOf(200),
    ]);
  });

  test('refuses what would wait in too long a queue, or too long, or past its deadline', async () => {
    const { ask, sent, shed } = limited({ max: 2, queue: 2, wait: '100ms' });
    const running = [ask(subgraphRequest()), ask(subgraphRequest())];
    const waiting = [ask(subgraphRequest()), ask(subgraphRequest({}, { deadlineAt: 50 }))].map(answer =>
      answer.then(
        () => Date.now(),
        error => `${code(error)} ${Date.now()}`,
      ),
    );
    const over = ask(subgraphRequest()).catch((error: unknown) => error);
    expect(await over).toMatchObject({ code: 'OVERLOADED', extensions: { subgraph: 'a' } });
    await vi.advanceTimersByTimeAsync(100);
    expect(await Promise.all(waiting)).toEqual(['OVERLOADED 100', 'OVERLOADED 50']);
    expect(shed).toHaveLength(3);
    for (const one of sent) one.resolve(replyOf(200));
    await Promise.all(running);
    void ask(subgraphRequest());
    expect(sent).toHaveLength(3);
  });

  test('is not sent what nobody waits for any more', async () => {
    const { ask, sent } = limited({ max: 1 });
    const cancel = new Cancellation();
    void ask(subgraphRequest());
    const left = ask(subgraphRequest({}, { cancel })).catch(code);
    void ask(subgraphRequest({ body: 'last' }));
    cancel.cancel();
    expect(await left).toBe('REQUEST_CANCELLED');
    sent[0]?.resolve(replyOf(200));
    await vi.advanceTimersByTimeAsync(1);
    expect(sent.map(({ request }) => request.body)).toEqual(['{"query":"{a}"}', 'last']);
  });

  test('leaves others alone', () => {
    const { ask, sent } = limited({ max: 1 });
    for (let i = 0; i < 5; i++) void ask(subgraphRequest({ subgraph: 'b' }));
    expect(sent).toHaveLength(5);
  });
});

describe('an adaptive limit', () => {
  /** A subgraph that serves so many at once in 10 ms; more than these wait for their turn. */
  function settle(capacity: number, limit: AdaptiveLimit, rounds = 20_500): number {
    for (let i = 0; i < rounds; i++) {
      const inFlight = limit.limit;
      limit.observe({ ms: 10 * Math.max(1, inFlight / capacity), isOk: true, inFlight });
    }
    return limit.limit;
  }

  test('finds about as many as a subgraph takes without getting much slower', () => {
    for (const capacity of [10, 50, 100]) {
      const found = settle(capacity, new AdaptiveLimit({ min: 4, max: 1_000 }));
      expect(found).toBeGreaterThanOrEqual(capacity * 0.9);
      expect(found).toBeLessThanOrEqual(capacity * 2.5);
    }
  });

  test('goes down when answers take longer, up again when they do not, and never out of its bounds', () => {
    const limit = new AdaptiveLimit({ min: 4, max: 60 });
    expect(settle(1_000, limit)).toBe(60);
    for (let i = 0; i < 50; i++) limit.observe({ ms: 400, isOk: true, inFlight: limit.limit });
    expect(limit.limit).toBeLessThan(20);
    for (let i = 0; i < 100; i++) limit.observe({ ms: 10, isOk: false, inFlight: limit.limit });
    expect(limit.limit).toBe(4);
    expect(settle(1_000, limit)).toBe(60);
  });

  test('does not grow where nobody needs it to', () => {
    const limit = new AdaptiveLimit({ min: 4, max: 1_000 });
    for (let i = 0; i < 1_000; i++) limit.observe({ ms: 10, isOk: true, inFlight: 2 });
    expect(limit.limit).toBe(4);
  });
});
