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

test('what others have written is no command for the terminal, and no line that looks like ours', () => {
  const lines: string[] = [];
  const logger = createDevLogger({
    level: 'info',
    write: text => lines.push(text),
    now: () => new Date(2026, 0, 1, 8, 0, 0),
  });
  const text = '\u001b[2J\r\n08:00:00 info  all is well\u009b\u202e';
  logger.warn({ reason: text, list: [text], err: new Error(text) }, 'no');
  const written = lines.join('');
  expect(written).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  expect(written.split('\n').filter(line => line.startsWith('08:00:00'))).toHaveLength(1);
  expect(written).toContain('\\u001b[2J');
});
