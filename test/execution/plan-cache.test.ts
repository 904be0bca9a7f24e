import { expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { PlanCache } from '../../src/execution/plan-cache.ts';

function startCache(): { cache: PlanCache<string>; clock: { at: number; now(): number; elapsed(): number } } {
  const clock = { at: 0, now: () => clock.at, elapsed: () => clock.at };
  return { cache: new PlanCache(40_000, clock, () => 4_000), clock };
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

test('operations that come once do not push out those that come again', async () => {
  const { cache } = startCache();
  await cache.get('ours', async () => 'ours');
  expect(cache.ready('ours')).toBe('ours');
  for (let index = 0; index < 50; index++) await cache.get(`made up ${index}`, async () => 'theirs');
  expect(cache.size).toBe(10);
  expect(cache.ready('ours')).toBe('ours');
});

test('a large operation takes the places of several', async () => {
  const clock = { at: 0, now: () => clock.at, elapsed: () => clock.at };
  const cache = new PlanCache<number>(40_000, clock, bytes => bytes);
  for (let index = 0; index < 10; index++) await cache.get(`small ${index}`, async () => 4_000);
  expect(cache.size).toBe(10);
  await cache.get('large', async () => 8_000);
  expect(cache.ready('large')).toBe(8_000);
  expect(cache.size).toBe(9);
});
