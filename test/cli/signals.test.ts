import { expect, test } from 'vitest';
import { signalReader } from '../../src/cli/end-gracefully.ts';

test('a signal that npm hands on is one with that of the terminal, a later one ends at once', () => {
  let elapsedMs = 1_000;
  const read = signalReader({ now: () => 0, elapsed: () => elapsedMs });
  expect(read()).toBe('end');
  elapsedMs += 20;
  expect(read()).toBe('echo');
  elapsedMs += 600;
  expect(read()).toBe('endNow');
});
