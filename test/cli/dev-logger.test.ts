import { expect, test } from 'vitest';
import { createDevLogger } from '../../src/cli/dev-logger.ts';

function written(err: unknown): string {
  const lines: string[] = [];
  const logger = createDevLogger({
    level: 'info',
    write: text => lines.push(text),
    now: () => new Date(2026, 0, 1, 8, 0, 0),
  });
  logger.error({ err }, 'no');
  return lines.join('');
}

test('causes stand below an error, one a line', () => {
  const cause = new Error('there is no disk');
  expect(written(new Error('the file cannot be read', { cause }))).toBe(
    '08:00:00 error no\n  - the file cannot be read\n  - there is no disk\n',
  );
});

test('a failure of the system that is told already, with its code, is not told again', () => {
  const cause = Object.assign(new Error('listen EADDRINUSE: address already in use :::1'), {
    code: 'EADDRINUSE',
  });
  const told = new Error('cannot listen: the port is in use by another process (EADDRINUSE)', { cause });
  expect(written(told)).toBe(`08:00:00 error no\n  - ${told.message}\n`);
  expect(written(new Error('it does not start', { cause }))).toContain('address already in use');
});
