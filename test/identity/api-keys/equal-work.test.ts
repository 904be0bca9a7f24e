import { createHmac, timingSafeEqual } from 'node:crypto';
import { beforeEach, expect, test, vi } from 'vitest';
import { isKeyOf } from '../../../src/identity/api-keys/record.ts';
import { makeKey } from './keys.ts';

vi.mock('node:crypto', async original => {
  const actual = await original<typeof import('node:crypto')>();
  return {
    ...actual,
    createHmac: vi.fn(actual.createHmac),
    timingSafeEqual: vi.fn(actual.timingSafeEqual),
  };
});

const { text, record } = makeKey();

beforeEach(() => {
  vi.mocked(createHmac).mockClear();
  vi.mocked(timingSafeEqual).mockClear();
});

test.each([
  ['the right secret', text, record],
  ['a wrong secret', makeKey().text, record],
  ['a secret that is right but for its end', `${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`, record],
  ['an unknown id', makeKey().text, null],
])('%s costs one hash and one comparison in constant time', (_title, key, found) => {
  expect(isKeyOf(key, found)).toBe(key === text);
  expect(createHmac).toHaveBeenCalledTimes(1);
  expect(timingSafeEqual).toHaveBeenCalledTimes(1);
  const [one, two] = vi.mocked(timingSafeEqual).mock.calls[0] ?? [];
  expect([one?.byteLength, two?.byteLength]).toEqual([32, 32]);
});
