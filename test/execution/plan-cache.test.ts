import { expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { PlanCache } from '../../src/execution/plan-cache.ts';

function startCache(): { cache: PlanCache<string>; clock: { at: number; now(): number; elapsed(): number } } {
  const clock = { at: 0, now: () => clock.at, elapsed: () => clock.at };
  return { cache: new PlanCache(10, clock), clock };
}

test('an operation that could not be prepared is not tried again for a while', async () => {
  const { cache, clock } = startCache();
  const fails = () => cache.get('a', () => Promise.reject(new GatewayError('DOCUMENT_LIMIT_EXCEEDED')));
  await expect(fails()).rejects.toThrow();
  clock.at = 4_999;
  await expect(cache.get('a', async () => 'plan')).rejects.toMatchObject({ code: 'DOCUMENT_LIMIT_EXCEEDED' });
  clock.at = 5_000;
  expect(await cache.get('a', async () => 'plan')).toBe('plan');
});

test('an operation for which there was no room is tried again at once: that was not its fault', async () => {
  const { cache } = startCache();
  const full = cache.get('a', () => Promise.reject(new GatewayError('OVERLOADED')));
  await expect(full).rejects.toMatchObject({ code: 'OVERLOADED' });
  expect(await cache.get('a', async () => 'plan')).toBe('plan');
});
