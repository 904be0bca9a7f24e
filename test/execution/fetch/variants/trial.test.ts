import { expect, test } from 'vitest';
import { type Comparison, Trial } from '../../../../src/execution/fetch/variants/trial.ts';
import { handClock } from '../../../support/test-identity.ts';

interface Requests {
  readonly count: number;
  readonly failed?: number;
  readonly tookMs?: number;
}

const SETTINGS = { failureRate: 0.05, latency: 2, window: 10_000, minimumCalls: 100 };

function trial(settings: Partial<typeof SETTINGS & { restoreAfter: number }> = {}) {
  const clock = handClock();
  const told: (Comparison | 'restored')[] = [];
  const made = new Trial({
    settings: { ...SETTINGS, ...settings },
    onOff: comparison => void told.push(comparison),
    onRestored: () => void told.push('restored'),
  });
  const samples = ({ count, failed = 0, tookMs = 100 }: Requests) =>
    Array.from({ length: count }, (_, index) => ({
      now: clock.at,
      tookMs,
      isFailed: index >= count - failed,
    }));
  return {
    clock,
    told,
    isOn: () => made.isOn(clock.at),
    restore: () => made.restore(),
    state: () => made.state,
    stable(requests: Requests): void {
      for (const sample of samples(requests)) made.stableEnded(sample);
    },
    canary(requests: Requests): void {
      for (const sample of samples(requests)) made.ended(sample);
    },
  };
}

test('a variant that fails more often than the subgraph itself, by more than its bound, is switched off', () => {
  const { stable, canary, isOn, told } = trial();
  stable({ count: 200, failed: 2 });
  canary({ count: 100, failed: 6 });
  expect(isOn()).toBe(true);
  canary({ count: 1, failed: 1 });
  expect(isOn()).toBe(false);
  expect(told).toEqual([
    {
      reason: 'failures',
      calls: 101,
      failureRate: 0.0693,
      stableFailureRate: 0.01,
      p95Ms: expect.any(Number),
      stableP95Ms: expect.any(Number),
    },
  ]);
});

test('a variant is not blamed for what fails in the subgraph itself, too', () => {
  const { stable, canary, isOn } = trial();
  stable({ count: 200, failed: 100 });
  canary({ count: 200, failed: 109 });
  expect(isOn()).toBe(true);
});

test('few requests prove nothing', () => {
  const { stable, canary, isOn, clock } = trial();
  stable({ count: 100 });
  canary({ count: 99, failed: 99 });
  expect(isOn()).toBe(true);
  clock.at += 20_000;
  canary({ count: 99, failed: 99 });
  expect(isOn()).toBe(true);
  canary({ count: 1 });
  expect(isOn()).toBe(false);
});

test('a variant whose slow replies take more than twice as long is switched off', () => {
  const { stable, canary, isOn, told } = trial();
  stable({ count: 100, tookMs: 100 });
  canary({ count: 100, tookMs: 150 });
  expect(isOn()).toBe(true);
  canary({ count: 15, tookMs: 300 });
  expect(isOn()).toBe(false);
  expect(told).toMatchObject([{ reason: 'latency', failureRate: 0 }]);
});

test('times of a few milliseconds are no reason', () => {
  const { stable, canary, isOn } = trial();
  stable({ count: 100, tookMs: 1 });
  canary({ count: 100, tookMs: 8 });
  expect(isOn()).toBe(true);
  canary({ count: 20, tookMs: 14 });
  expect(isOn()).toBe(false);
});

test('a subgraph that is hardly asked counts as one that never fails, and its times count for nothing', () => {
  const { stable, canary, isOn } = trial();
  stable({ count: 99, failed: 99, tookMs: 1 });
  canary({ count: 100, failed: 5, tookMs: 1_000 });
  expect(isOn()).toBe(true);
  canary({ count: 10, failed: 3 });
  expect(isOn()).toBe(false);
});

test('what the subgraph itself did long ago is no excuse', () => {
  const { stable, canary, isOn, clock } = trial();
  stable({ count: 100, failed: 50 });
  canary({ count: 100, failed: 50 });
  expect(isOn()).toBe(true);
  clock.at += 10_000;
  canary({ count: 100, failed: 50 });
  expect(isOn()).toBe(false);
});

test('a variant that is off stays off, if nothing else is said', () => {
  const { canary, isOn, clock, told } = trial();
  canary({ count: 100, failed: 100 });
  clock.at += 30 * 86_400_000;
  expect(isOn()).toBe(false);
  canary({ count: 100, failed: 100 });
  expect(told).toHaveLength(1);
});

test('a variant that is to come back does, and is judged by what comes then', () => {
  const { canary, isOn, clock, told } = trial({ restoreAfter: 5_000 });
  canary({ count: 100, failed: 100 });
  canary({ count: 50, failed: 50 });
  clock.at += 4_999;
  expect(isOn()).toBe(false);
  clock.at += 1;
  expect(isOn()).toBe(true);
  canary({ count: 99, failed: 99 });
  expect(isOn()).toBe(true);
  canary({ count: 1, failed: 1 });
  expect(isOn()).toBe(false);
  expect(told).toMatchObject([{ reason: 'failures' }, 'restored', { reason: 'failures' }]);
});

test('a variant that is restored is judged by what comes then, and one that is on is told of to nobody', () => {
  const { canary, isOn, told, restore, state } = trial();
  restore();
  canary({ count: 100, failed: 100 });
  expect(state()).toMatchObject({ kind: 'off', comparison: { reason: 'failures', calls: 100 } });
  restore();
  expect(isOn()).toBe(true);
  canary({ count: 99, failed: 99 });
  expect(isOn()).toBe(true);
  expect(told).toMatchObject([{ reason: 'failures' }, 'restored']);
});
