import { describe, expect, test } from 'vitest';
import { BodyParts } from '../../src/shared/body-parts.ts';
import { heldBytes } from '../resilience/growth.ts';

function gather(body: Buffer, lengths: readonly number[]): BodyParts {
  const parts = new BodyParts();
  let at = 0;
  for (let index = 0; at < body.length; index++) {
    const length = lengths[index % lengths.length] ?? 1;
    parts.add(body.subarray(at, at + length));
    at += length;
  }
  return parts;
}

const BODY = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 251));

describe('a body is the same, however it is cut', () => {
  test.each<readonly number[]>([
    [100_000],
    [1],
    [1_023],
    [1_024],
    [16_384],
    [1, 5_000],
    [5_000, 1, 1],
    [7, 1_023, 2_000, 1],
    [1_000, 999, 64_000, 3],
  ])('in parts of %d', (...lengths) => {
    const parts = gather(BODY, lengths);
    expect(parts.bytes).toBe(BODY.length);
    expect(parts.whole().equals(BODY)).toBe(true);
  });
});

test('nothing is a body too', () => {
  expect(new BodyParts().whole()).toHaveLength(0);
});

test('a single part is not copied', () => {
  const parts = gather(BODY, [BODY.length]);
  expect(parts.whole().buffer).toBe(BODY.buffer);
});

test('the parts of a body that is given up are gone', () => {
  const parts = gather(BODY, [1]);
  parts.clear();
  parts.add(Buffer.from('x'));
  expect(parts.whole().toString()).toBe('x');
});

test('a body that comes byte by byte takes little more than its bytes', async () => {
  const body = Buffer.alloc(1024 ** 2);
  const before = await heldBytes();
  const parts = gather(body, [1]);
  const held = (await heldBytes()) - before;
  expect(parts.bytes).toBe(body.length);
  expect(held).toBeLessThan(4 * 1024 ** 2);
});
