import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/shared/fingerprint.ts';
import { readTextFile } from '../../src/shared/read-text-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a file that would fill the memory is not read', async () => {
  await using folder = await temporaryFolder({ 'a.graphql': 'x'.repeat(1_025) });
  const path = join(folder.path, 'a.graphql');
  await expect(readTextFile(path, 1_024)).rejects.toThrow('larger than 1KiB');
  expect(await readTextFile(path, 1_025)).toHaveLength(1_025);
});

test('a pipe has no fingerprint, as taking one would take its content', async () => {
  await using folder = await temporaryFolder();
  const pipe = join(folder.path, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(await fingerprint(pipe)).toBe('');
});
