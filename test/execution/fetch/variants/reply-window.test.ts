import { expect, test } from 'vitest';
import { ReplyWindow } from '../../../../src/execution/fetch/variants/reply-window.ts';
import { randomFrom } from '../../project/random.ts';

test('a window counts what a list of its time would, and knows slow replies to a fifth', () => {
  for (let seed = 0; seed < 30; seed++) {
    const random = randomFrom(seed);
    const window = new ReplyWindow(1_000);
    const kept: { readonly at: number; readonly ms: number; readonly isFailed: boolean }[] = [];
    let now = 1_000_000;
    for (let step = 0; step < 400; step++) {
      now += random(random(20) === 0 ? 3_000 : 20);
      const sample = { at: now, ms: 1 + random(2 ** random(14)), isFailed: random(4) === 0 };
      kept.push(sample);
      window.add(now, sample.ms, sample.isFailed);
      const inside = kept.filter(({ at }) => Math.floor(at / 100) > Math.floor(now / 100) - 10);
      expect(window.calls).toBe(inside.length);
      expect(window.failureRate).toBeCloseTo(inside.filter(one => one.isFailed).length / inside.length);
      const sorted = inside.map(({ ms }) => ms).sort((a, b) => a - b);
      const exact = sorted[Math.ceil(sorted.length * 0.95) - 1] as number;
      expect(window.p95Ms).toBeGreaterThan(exact);
      expect(window.p95Ms).toBeLessThanOrEqual(exact * 1.2);
    }
  }
});

test('a window that is cleared, or has only old requests, is empty', () => {
  const window = new ReplyWindow(1_000);
  window.add(5_000, 10, true);
  window.advance(6_000);
  expect([window.calls, window.failureRate]).toEqual([0, 0]);
  window.add(6_000, 10, true);
  window.clear();
  expect([window.calls, window.failureRate]).toEqual([0, 0]);
  window.add(6_000, 1e9, false);
  expect(window.calls).toBe(1);
});
